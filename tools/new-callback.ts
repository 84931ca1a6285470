// `npm run new -- NAME`: makes a callback package.
import { spawnSync } from 'node:child_process';
import { readOptions, refuse } from './read-options.ts';

const HELP = `npm run new -- NAME [options]

Makes packages/NAME: a callback that builds, passes the suite that every callback has to pass, and is yours
to change. NAME is in kebab-case, as in gradient-noise.

  --dry-run   says what it would make, and makes nothing
  --help

Exit codes: 0 done, 1 refused or failed, 2 wrong options.
`;

const { values, positionals } = readOptions(
  'new',
  HELP,
  { 'dry-run': { type: 'boolean', default: false } },
  1,
);
const [name] = positionals;
if (name === undefined) refuse('new', 'the name of the package is missing');

const args = ['generate', '@tfloop/tools:callback', name];
const { status } = spawnSync('nx', values['dry-run'] ? [...args, '--dry-run'] : args, {
  stdio: 'inherit',
  // It is a script on Windows; npm has put it on the path.
  shell: process.platform === 'win32',
});
process.exitCode = status ?? 1;
