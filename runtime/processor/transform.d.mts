import type { UserTransform } from '../transform/transform';

/** The file beside the handler that is built from the user's own transform; undefined where there is none. */
declare const transform: UserTransform | undefined;
export default transform;
