/** Renews the table of properties in `docs/engine.md`: `npm run docs`. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { between, table } from '../../../stack/reference';
import { types } from './types';

const PAGE = join(__dirname, '../../../docs/engine.md');

/** The page with its table as it must be: of each type of resource which inputs there are, and where they arrive. */
export function withProperties(page: string): string {
  const rows = Object.entries(types)
    .sort(([one], [other]) => one.localeCompare(other))
    .flatMap(([token, { properties }]) =>
      Object.entries(properties).map(([name, { reaches, replaces }]) => [
        `\`${token}\``,
        `\`${name}\``,
        reaches,
        replaces === true ? 'yes' : '',
      ]),
    );
  return between(page, 'properties', table(['type', 'property', 'arrives at', 'its change replaces'], rows));
}

if (require.main === module) writeFileSync(PAGE, withProperties(readFileSync(PAGE, 'utf8')));
