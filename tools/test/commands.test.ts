import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { workspaceCopy, type WorkspaceCopy } from './workspace-copy.ts';

// Other programs do the work, each in a second, but on a busy machine in more.
jest.setTimeout(120_000);

/** Those of our own; the others are a line of another program, which has its own help. */
const COMMANDS = [
  ...['study', 'bench', 'native', 'side-module', 'resilience', 'new', 'lint', 'check'],
];

let workspace: WorkspaceCopy;

beforeAll(async () => {
  workspace = await workspaceCopy();
});
afterAll(() => workspace.remove());

test('there are no other commands', async () => {
  const { scripts } = JSON.parse(await readFile(join(workspace.root, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };
  const others = ['build', 'test', 'typecheck'];
  expect(Object.keys(scripts).sort()).toEqual([...COMMANDS, ...others].sort());
});

test('each says how to use it, and compiles nothing for that', async () => {
  const helps = COMMANDS.map((command) =>
    workspace.run('npm', 'run', '--silent', command, '--', '--help'),
  );
  for (const help of await Promise.all(helps)) {
    expect(help).toMatch(/npm run|tfloop-native/);
    expect(help).toMatch(/^ {2}(-h, )?--help/m);
    expect(help).not.toMatch(/undefined|compiling/);
  }
  for (const name of await readdir(join(workspace.root, 'packages')))
    expect(await readdir(join(workspace.root, 'packages', name))).not.toContain('dist');
});

test.each([
  ['resilience', ['--bogus'], "resilience: Unknown option '--bogus'; --help lists the options"],
  ['new', [], 'new: the name of the package is missing; --help lists the options'],
  ['new', ['one', 'two'], 'new: it takes one name, so not "two"; --help lists the options'],
  ['lint', ['core'], 'lint: it takes no names, so not "core"; --help lists the options'],
])('%s %j is refused with exit code 2', async (command, args, message) => {
  const run = workspace.run('npm', 'run', '--silent', command, '--', ...args);
  await expect(run).rejects.toMatchObject({
    message: expect.stringContaining(message),
    cause: { code: 2 },
  });
});
