// `npm run lint`: ESLint with the package boundaries, and Prettier.
import { spawnSync } from 'node:child_process';
import { readOptions } from './read-options.ts';

const HELP = `npm run lint -- [options]

Checks sources, tests and tools with ESLint, the boundaries between packages among its rules, and the
layout of all files with Prettier. Takes about a minute.

  --fix    mends what they can mend by themselves
  --help

Exit codes: 0 nothing to mend, 1 something is, 2 wrong options.
`;

const { values } = readOptions('lint', HELP, {
  fix: { type: 'boolean', default: false },
});

const passes = (command: string, ...args: string[]): boolean => {
  process.stderr.write(`${command} …\n`);
  // Both are scripts on Windows; npm has put them on the path.
  const shell = process.platform === 'win32';
  return spawnSync(command, args, { stdio: 'inherit', shell }).status === 0;
};
const isSound =
  passes(
    'eslint',
    '-c',
    'tools/eslint.config.js',
    ...(values.fix ? ['--fix'] : []),
    'packages',
    'tools',
  ) && passes('prettier', values.fix ? '--write' : '--check', '.');
process.exitCode = isSound ? 0 : 1;
