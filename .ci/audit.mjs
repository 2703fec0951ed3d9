// Asks the registry for known vulnerabilities of what is deployed or installed with a release. Ends with 1 where one is
// high or critical. Not every registry answers: then that is said, and nothing is known.
import { spawnSync } from 'node:child_process';

const ARGUMENTS = ['audit', '--omit=dev', '--audit-level=high'];

const { stdout } = spawnSync('npm', [...ARGUMENTS, '--json'], { encoding: 'utf8' });
const answer = parsed(stdout);
if (answer?.metadata?.vulnerabilities === undefined) {
  console.log('NOT CHECKED for vulnerabilities: the registry did not answer npm audit.', answer?.message ?? '');
} else {
  const { high, critical } = answer.metadata.vulnerabilities;
  console.log(`Known vulnerabilities of production dependencies: ${critical} critical, ${high} high.`);
  if (high + critical > 0) {
    spawnSync('npm', ARGUMENTS, { stdio: 'inherit' });
    process.exitCode = 1;
  }
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
