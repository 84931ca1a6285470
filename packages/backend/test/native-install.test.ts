import { afterAll, describe, expect, test } from '@jest/globals';
import { execFileSync, execSync } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { startedAs } from '../src/native-install/started-as.ts';
import { createWorkbench } from './native-workbench.ts';

const bench = createWorkbench();
afterAll(() => bench.close());

const modules = 'node_modules/@tensorflow/tfjs-node';

/** Names in the cache, without what the stand-ins keep there. */
const cached = (cache: string): string[] => (existsSync(cache) ? readdirSync(cache) : []);

describe('with a libtensorflow that the user gives,', () => {
  test('the add-on is built in the cache, linked into the project, repeated at once and undone', async () => {
    const { folder, cache, log, run } = bench.project();
    const libtensorflow = bench.archiveFolder('2.5.0-given');
    const first = await run('--libtensorflow', libtensorflow);
    expect(first).toMatchObject({ code: 0, error: '' });
    expect(first.out).toMatch(/SHA-256 [0-9a-f]{64}; there is nothing to check it against/);
    expect(first.out).toContain('Works: @tensorflow/tfjs-node 4.22.0 with TensorFlow 2.5.0-given.');

    const { dependencies } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
      dependencies: object;
    };
    expect(dependencies).toEqual({ '@tensorflow/tfjs-node': '^4.22.0' });
    const lib = join(folder, modules, 'deps', 'lib');
    expect(readdirSync(lib)).toEqual([
      'libtensorflow.so',
      'libtensorflow.so.2',
      'libtensorflow.so.2.5.0',
      'libtensorflow.so.2.9.1',
      'libtensorflow_framework.so',
      'libtensorflow_framework.so.2',
      'libtensorflow_framework.so.2.5.0',
    ]);
    expect(lstatSync(join(lib, 'libtensorflow.so.2')).isSymbolicLink()).toBe(true);
    const [entry = ''] = cached(cache);
    expect(entry).toMatch(/^tfjs-node-4\.22\.0-.*-given-[0-9a-f]{12}$/);
    const inCache = statSync(join(cache, entry, 'deps/lib/libtensorflow.so.2.5.0'));
    expect(statSync(join(lib, 'libtensorflow.so.2.5.0')).ino).toBe(inCache.ino);
    expect(readdirSync(join(folder, modules, 'deps/include/tensorflow'))).toEqual(['c', 'core']);
    expect(readdirSync(join(folder, modules, 'deps/include/tensorflow/c'))).toEqual(['c_api.h']);
    expect(readdirSync(join(folder, 'node_modules')).sort()).toEqual([
      '.package-lock.json',
      '@tensorflow',
    ]);

    const calls = readFileSync(log, 'utf8');
    expect((await run()).out).toContain('Works already: TensorFlow 2.5.0-given.');
    expect(readFileSync(log, 'utf8')).toBe(calls);

    const undone = await run('--undo');
    expect(undone).toMatchObject({ code: 0, out: expect.stringContaining('Undone:') });
    expect(readFileSync(join(folder, 'package.json'), 'utf8')).toBe('{"name":"project"}');
    expect(existsSync(join(folder, modules))).toBe(false);
    expect((await run('--undo')).out).toContain('Nothing to undo');

    const again = await run('--libtensorflow', libtensorflow);
    expect(again.out).toContain('Made before:');
    expect(readFileSync(log, 'utf8').match(/^run compile$/gm)).toHaveLength(1);
    expect((await run('--clear-cache')).out).toContain('Removed');
    expect(existsSync(cache)).toBe(false);
    expect((await run()).out).toContain('Works already');
  });

  test.each(['.tar.gz', '.zip'])('it may be an archive: %s', async (extension) => {
    const source = bench.archiveFolder('2.6.0-archive');
    const archive = join(bench.folder('archive'), `libtensorflow${extension}`);
    if (extension === '.zip')
      execFileSync('python3', [
        '-c',
        'import sys, shutil; shutil.make_archive(sys.argv[1], "zip", sys.argv[2])',
        archive.slice(0, -4),
        source,
      ]);
    else execFileSync('tar', ['-czf', archive, '-C', source, '.']);
    const { run } = bench.project();
    expect((await run('--libtensorflow', archive)).out).toContain('TensorFlow 2.6.0-archive');
  });

  test('a wheel is one too, of which only the C library is unpacked', async () => {
    const { folder, run } = bench.project();
    const { path } = bench.wheel();
    expect((await run('--libtensorflow', path)).out).toContain('TensorFlow 2.21.0-fake');
    expect(readdirSync(join(folder, modules, 'deps'))).toEqual(['include', 'lib']);
    expect(readdirSync(join(folder, modules, 'deps/include/tensorflow'))).toEqual(['c']);
  });

  test('folders with a space in their names work', async () => {
    const { run } = bench.project({ XDG_CACHE_HOME: bench.folder('my cache') });
    expect(await run('--libtensorflow', bench.archiveFolder())).toMatchObject({ code: 0 });
  });

  test('--no-save leaves package.json alone, and so does its undoing', async () => {
    const { folder, log, run } = bench.project();
    await run('--no-save', '--libtensorflow', bench.archiveFolder());
    expect(existsSync(join(folder, modules, 'lib'))).toBe(true);
    expect(readFileSync(join(folder, 'package.json'), 'utf8')).toBe('{"name":"project"}');
    await run('--undo');
    expect(existsSync(join(folder, modules))).toBe(false);
    expect(readFileSync(log, 'utf8')).toMatch(/^uninstall .*--no-save/m);
  });

  test('a package that was there, without its add-on, is completed, and left when that is undone', async () => {
    const { folder, log, run } = bench.project();
    mkdirSync(join(folder, modules), { recursive: true });
    writeFileSync(join(folder, modules, 'package.json'), '{"version":"4.22.0","main":"index.js"}');
    mkdirSync(join(folder, modules, 'lib/napi-v7'), { recursive: true });
    writeFileSync(join(folder, modules, 'index.js'), readFake(log));
    const { out } = await run('--libtensorflow', bench.archiveFolder());
    expect(out).toContain('Works:');
    expect(readdirSync(join(folder, modules, 'lib'))).toEqual(['napi-v8']);
    await run('--undo');
    expect(readdirSync(join(folder, modules))).toEqual(['index.js', 'package.json']);
  });
});

/** The stand-in's index.js, as its install would write it. */
function readFake(log: string): string {
  const place = bench.folder('fake');
  execFileSync(
    process.execPath,
    [join(bench.root, 'npm/npm-cli.js'), 'install', '--ignore-scripts', '--no-save'],
    {
      cwd: place,
      env: { ...process.env, FAKE_LOG: log },
    },
  );
  return readFileSync(join(place, modules, 'index.js'), 'utf8');
}

describe('without one,', () => {
  test('the upstream way is gone first, and what it made is kept for other projects', async () => {
    const one = bench.project({ FAKE_UPSTREAM: '2.9.1-upstream' });
    const first = await one.run();
    expect(first.out).toContain('The upstream way: npm install');
    expect(first.out).toContain('TensorFlow publishes no checksum');
    expect(first.out).toContain('with TensorFlow 2.9.1-upstream');
    const { XDG_CACHE_HOME } = one.env;
    const other = bench.project({ ...(XDG_CACHE_HOME && { XDG_CACHE_HOME }) });
    expect((await other.run()).out).toMatch(/Made before: .*-upstream\n[^]*Works:/);
  });

  test('where that fails, or loads badly, it says why and goes on to the wheel', async () => {
    const { run } = bench.project();
    expect(await run()).toMatchObject({
      code: 6,
      out: expect.stringContaining('It failed: Error: getaddrinfo ENOTFOUND'),
      error: expect.stringMatching(/pip's index has no tensorflow-cpu 2\.21\.0 .*--libtensorflow/),
    });
    const broken = bench.project({ FAKE_UPSTREAM: 'broken' });
    expect((await broken.run()).out).toContain(
      'It failed: it was installed and does not load: undefined symbol: TF_Nothing',
    );
  });

  test('a dry run says what would be downloaded, and leaves no trace', async () => {
    const { folder, cache, run } = bench.project();
    const { code, out } = await run('--dry-run');
    expect({ code, out }).toMatchObject({ code: 0 });
    expect(out).toMatch(/tensorflow-cpu 2\.21\.0 through pip, about 274 MB, and 855 MB unpacked/);
    expect(readdirSync(folder)).toEqual(['package.json']);
    expect(existsSync(cache)).toBe(false);
  });
});

describe('--gpu', () => {
  test('puts the other package in working order, by the same way and back', async () => {
    const { folder, run } = bench.project();
    const libtensorflow = ['--libtensorflow', bench.archiveFolder()];
    const { code, out } = await run('--gpu', ...libtensorflow);
    expect({ code, out }).toMatchObject({ code: 0 });
    expect(out).toContain('Which CUDA it wants is up to its build, and is not checked');
    expect(out).toContain('Works: @tensorflow/tfjs-node-gpu 4.22.0 with TensorFlow 2.0-fake');
    expect(readdirSync(join(folder, 'node_modules/@tensorflow'))).toEqual(['tfjs-node-gpu']);
    expect((await run('--undo')).out).toContain('Nothing to undo');
    expect((await run('--gpu', '--undo')).out).toContain('removed @tensorflow/tfjs-node-gpu from');
    expect(existsSync(join(folder, 'node_modules/@tensorflow/tfjs-node-gpu'))).toBe(false);
  });

  test('checks what CUDA needs before it downloads', async () => {
    const { out } = await bench.project().run('--gpu');
    const order = [
      'The upstream way: npm install',
      'This TensorFlow wants CUDA 11.2',
      'It failed:',
      'from the Python wheel tensorflow 2.21.0',
      'This TensorFlow wants CUDA 12.5',
    ].map((text) => out.indexOf(text));
    expect(order).not.toContain(-1);
    expect(order).toEqual(order.toSorted((a, b) => a - b));
  });
});

describe('what is taken away:', () => {
  test('a dry run says what would be removed, and removes nothing', async () => {
    const { folder, cache, log, run } = bench.project();
    await run('--libtensorflow', bench.archiveFolder());
    const before = [readFileSync(log, 'utf8'), ...cached(cache)];
    expect(before).toHaveLength(2);
    const undo = `Would be removed: @tensorflow/tfjs-node from ${folder}.\n`;
    const clear = `Would be removed: ${cache}, 0.0 MB. Projects that it was linked into keep what they have.\n`;
    const kept = { code: 0, error: '' };
    expect(await run('--dry-run', '--undo')).toEqual({ ...kept, out: undo });
    expect(await run('--dry-run', '--clear-cache')).toEqual({ ...kept, out: clear });
    expect(await run('--dry-run', '--clear-cache', '--undo')).toEqual({
      ...kept,
      out: undo + clear,
    });
    expect([readFileSync(log, 'utf8'), ...cached(cache)]).toEqual(before);
    expect((await run()).out).toContain('Works already');
  });

  test('--undo with --clear-cache does both, and --no-save leaves package.json alone', async () => {
    const { folder, cache, run } = bench.project();
    await run('--libtensorflow', bench.archiveFolder());
    const manifest = readFileSync(join(folder, 'package.json'), 'utf8');
    expect(manifest).toContain('tfjs-node');
    const { code, out } = await run('--undo', '--clear-cache', '--no-save');
    expect({ code, out }).toMatchObject({ code: 0 });
    expect(out).toMatch(/^Undone: removed @tensorflow\/tfjs-node from .*\.\nRemoved .*native, /);
    expect(existsSync(join(folder, modules))).toBe(false);
    expect(existsSync(cache)).toBe(false);
    expect(readFileSync(join(folder, 'package.json'), 'utf8')).toBe(manifest);
  });

  test('the command that is shown for the undoing works', async () => {
    const { folder, env, run } = bench.project();
    const { out } = await run('--libtensorflow', bench.archiveFolder());
    const command = /Undo: (.*)$/m.exec(out)?.[1] ?? '';
    expect(execSync(command, { cwd: folder, env, encoding: 'utf8' })).toContain('Undone:');
    expect(existsSync(join(folder, modules))).toBe(false);
  });

  const script = { npm_lifecycle_event: 'native', npm_lifecycle_script: 'node dist/cli.js' };
  test.each<[string, string, NodeJS.ProcessEnv]>([
    ['npx tfloop-native', '/project/node_modules/.bin/tfloop-native', {}],
    ['npx tfloop-native', 'C:\\project\\node_modules\\@tfloop\\backend\\dist\\cli.js', {}],
    [
      'npx -p @tfloop/backend tfloop-native',
      '/home/.npm/_npx/1f/node_modules/.bin/tfloop-native',
      {},
    ],
    ['tfloop-native', '/usr/local/bin/tfloop-native', {}],
    ['npm run native --', '/repository/dist/cli.js', script],
    ['node /repository/dist/cli.js', '/repository/dist/cli.js', { npm_lifecycle_event: 'test' }],
    ['node "/my files/cli.js"', '/my files/cli.js', {}],
  ])('that is `%s` when it was started as %s', (command, program, env) => {
    expect(startedAs(program, env)).toBe(command);
  });
});

test('--help names every option, and other options are refused', async () => {
  const { run } = bench.project();
  const { code, out } = await run('--help');
  expect(code).toBe(0);
  expect(await run('-h')).toEqual({ code: 0, out, error: '' });
  const readme = readFileSync(join(__dirname, '../README.md'), 'utf8');
  for (const option of [
    'gpu',
    'libtensorflow',
    'no-save',
    'dry-run',
    'undo',
    'clear-cache',
    'verbose',
  ]) {
    expect(out).toContain(`  --${option} `);
    expect(readme).toContain(`\`--${option}`);
  }
  expect(await run('--gpus')).toMatchObject({
    code: 2,
    error: "tfloop-native: Unknown option '--gpus'; --help lists the options\n",
  });
});
