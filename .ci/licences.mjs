// Checks the licences of all packages in package-lock.json, or the lock file named on the command line, those for
// development included. Ends with 1 and a sentence for each package whose licence is not known to be fine.
import { readFile } from 'node:fs/promises';

/** SPDX ids that ask for no more than their own text, for use and for passing on with the release. */
const ALLOWED = new Set([
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'CC-BY-3.0',
  'CC-BY-4.0',
  'CC0-1.0',
  'ISC',
  'MIT',
  'MIT-0',
  'Python-2.0',
]);

/** Packages that do not name an SPDX id, and what their licence file says. Another version has to be read again. */
const READ = { '@logdna/tail-file@2.2.0': 'MIT' };

/** Whether each licence of an SPDX expression is allowed; where one may choose, all must be, to keep this simple. */
function isAllowed(expression) {
  const ids = expression.split(/\s+(?:AND|OR)\s+|[()]/).filter((part) => part.trim() !== '');
  return ids.length > 0 && ids.every((id) => ALLOWED.has(id.trim()));
}

const { packages } = JSON.parse(await readFile(process.argv[2] ?? 'package-lock.json', 'utf8'));
const installed = Object.entries(packages).filter(([path, { link }]) => path !== '' && !link);
const problems = installed.flatMap(([path, { name, version, license }]) => {
  const id = `${name ?? path.split('node_modules/').at(-1)}@${version}`;
  const licence = READ[id] ?? license;
  if (typeof licence === 'string' && isAllowed(licence)) return [];
  const what = licence === undefined ? 'names no licence' : `has the licence "${licence}"`;
  return [`${id} ${what}; read it, and add it to .ci/licences.mjs or leave the package out.`];
});

for (const problem of problems) console.error(problem);
if (problems.length === 0) console.log(`The licences of all ${installed.length} packages are allowed.`);
process.exitCode = problems.length === 0 ? 0 : 1;
