import { isDeepStrictEqual } from 'node:util';
import { schemaOfComponent } from '../../package/schema';
import schema from '../../schema.json';

test('schema.json is what Pulumi’s analyzer reads out of the component', () => {
  if (!isDeepStrictEqual(schema, schemaOfComponent())) {
    throw new Error('schema.json: not what the component makes. Renew with: npm run schema');
  }
}, 60_000);
