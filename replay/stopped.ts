/** Why a replay, a comparison or an erasure cannot go on: a whole sentence for the operator. */
export class ReplayStopped extends Error {
  override readonly name = 'ReplayStopped';
}
