import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createTree } from '@nx/devkit/testing';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import callback from '../generators/callback/generator.ts';
import { workspaceCopy, type WorkspaceCopy } from './workspace-copy.ts';

// Other programs do the work, each in seconds, but on a busy machine in more.
jest.setTimeout(300_000);

let workspace: WorkspaceCopy;

beforeAll(async () => {
  workspace = await workspaceCopy();
});
afterAll(() => workspace.remove());

const create = (name: string) => workspace.run('npm', 'run', 'new', '--', name);

describe('npm run new -- step-counter', () => {
  beforeAll(() => create('step-counter'));

  test('makes a package of the usual shape', async () => {
    const read = async (file: string) =>
      JSON.parse(await readFile(join(workspace.root, file), 'utf8')) as Record<string, unknown>;
    const shape = (manifest: Record<string, unknown>) => ({
      ...manifest,
      name: '',
      description: '',
    });
    expect(shape(await read('packages/step-counter/package.json'))).toEqual(
      shape(await read('packages/lookahead/package.json')),
    );
    expect(await read('packages/step-counter/tsconfig.json')).toEqual(
      await read('packages/lookahead/tsconfig.json'),
    );
    expect(await read('package-lock.json')).toMatchObject({
      packages: {
        'node_modules/@tfloop/step-counter': { resolved: 'packages/step-counter', link: true },
      },
    });
  });

  // Unedited, and each by the tool that the workspace uses.
  test('builds', () => workspace.run('npx', 'nx', 'build', '@tfloop/step-counter'));
  test('passes its tests', async () => {
    const output = await workspace.run('npx', 'nx', 'test', '@tfloop/step-counter');
    expect(output).toContain('reports every few steps');
    expect(output).toContain('stepCounter as a callback');
  });
  test('lints', () =>
    workspace.run('npx', 'eslint', '-c', 'tools/eslint.config.js', 'packages/step-counter'));
  test('is formatted', () => workspace.run('npx', 'prettier', '--check', 'packages/step-counter'));
  test('type-checks', async () => {
    const config = { extends: './tsconfig.json', include: ['../packages/step-counter'] };
    await writeFile(join(workspace.root, 'tools', 'one.tsconfig.json'), JSON.stringify(config));
    await workspace.run('npx', 'tsc', '-p', 'tools/one.tsconfig.json');
  });

  test('is refused a second time', async () => {
    await expect(create('step-counter')).rejects.toThrow(
      'callback: name must be a new package\'s, got "step-counter", which exists already',
    );
  });
});

test('a refusal reaches the shell', async () => {
  await expect(create('Grad_Clip')).rejects.toThrow(
    'callback: name must be in kebab-case (lower-case words joined by "-", as in grad-clip), got "Grad_Clip"',
  );
});

describe('names', () => {
  const tree = createTree();
  tree.write('tools/package.json', '{ "name": "@tfloop/tools" }');
  tree.write('packages/core/package.json', '{ "name": "@tfloop/core" }');
  tree.write('package.json', '{ "name": "tfloop", "workspaces": ["packages/*", "tools"] }');
  const refusal = (name: string) => expect(callback(tree, { name })).rejects;

  test.each(['core', 'tools'])('%s is taken', (name) =>
    refusal(name).toThrow(
      `callback: name must be a new package's, got "${name}", which exists already`,
    ),
  );
  test.each(['GradClip', 'grad_clip', 'grad--clip', '-clip', '2fast', '../clip', ''])(
    '"%s" is not kebab-case',
    (name) => refusal(name).toThrow(`callback: name must be in kebab-case`),
  );
  test.each(['class', 'await', 'eval', 'tf'])('%s can not be declared', (name) =>
    refusal(name).toThrow(`callback: name must be free to name a function, got "${name}"`),
  );
});
