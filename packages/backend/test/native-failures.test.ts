import { afterAll, describe, expect, test } from '@jest/globals';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, watch, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createWorkbench } from './native-workbench.ts';

const bench = createWorkbench();
afterAll(() => bench.close());

type Project = ReturnType<typeof bench.project>;

/** Runs it on a given libtensorflow, expects it to fail with a sentence, and that neither project nor cache show a trace. */
async function expectFailure(
  { folder, cache, run }: Project,
  code: number,
  sentence: RegExp,
  ...args: string[]
): Promise<void> {
  const ended = await run(...(args.length > 0 ? args : ['--libtensorflow', bench.archiveFolder()]));
  expect(ended).toMatchObject({ code });
  const lines = ended.error.trim().split('\n');
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(sentence);
  expectClean(folder, cache);
}

function expectClean(folder: string, cache: string): void {
  expect(readdirSync(folder)).toEqual(['package.json']);
  expect(readFileSync(join(folder, 'package.json'), 'utf8')).toBe('{"name":"project"}');
  expect(existsSync(cache) ? readdirSync(cache) : []).toEqual([]);
}

describe('what is missing is named with the command that installs it:', () => {
  test('compiler and make', async () => {
    const PATH = bench.path('python3', 'tar', 'sh', 'apt-get');
    await expectFailure(
      bench.project({ PATH }),
      4,
      /a C\+\+ compiler and make can't be found: run `apt-get install -y g\+\+ make` as root$/,
    );
  });

  test('Python, in the words of another package manager', async () => {
    const PATH = bench.path('g++', 'make', 'tar', 'sh');
    bench.command(PATH, 'apk', '');
    await expectFailure(
      bench.project({ PATH }),
      4,
      /Python 3\.8 or newer can't be found: run `apk add python3`/,
    );
    bench.command(PATH, 'python3', 'echo Python 3.7.9');
    await expectFailure(bench.project({ PATH }), 4, /Python 3\.8 or newer can't be found/);
  });

  test('pip, where a wheel is to be downloaded', async () => {
    const PATH = bench.path('g++', 'make', 'tar', 'sh');
    bench.command(PATH, 'python3', '[ "$1" = --version ] && echo Python 3.12.1');
    await expectFailure(
      bench.project({ PATH }),
      4,
      /: pip can't be found: run `.*python3-pip`/,
      '--no-save',
    );
  });
});

describe('pip', () => {
  test('that reaches no index', async () => {
    const settings = {
      PIP_NO_INDEX: '',
      PIP_INDEX_URL: 'http://127.0.0.1:9/simple',
      PIP_RETRIES: '0',
    };
    await expectFailure(
      bench.project(settings),
      6,
      /pip can't reach its package index: check the network/,
      '--no-save',
    );
  });

  test('that is offered another file than the one that was published', async () => {
    const { folder } = bench.wheel();
    await expectFailure(
      bench.project({ PIP_FIND_LINKS: folder }),
      6,
      /not the tensorflow-cpu 2\.21\.0 that was published \(its SHA-256 differs\)/,
      '--no-save',
    );
  });
});

describe('npm', () => {
  test('that fetches nothing', async () => {
    const FAKE_PACK =
      'npm error code ECONNREFUSED\nnpm error request to https://registry failed, reason: connect ECONNREFUSED';
    await expectFailure(
      bench.project({ FAKE_PACK }),
      6,
      /npm can't fetch @tensorflow\/tfjs-node .*: check the network/,
    );
  });

  test('that does not add the package: the project is as it was', async () => {
    const project = bench.project({
      FAKE_INSTALL: 'npm error code ERESOLVE\nnpm error ERESOLVE could not resolve',
    });
    const { code, error } = await project.run('--libtensorflow', bench.archiveFolder());
    expect({ code, error }).toMatchObject({
      code: 1,
      error: expect.stringMatching(/npm install .* failed .*ERESOLVE/),
    });
    expect(readdirSync(project.folder)).toEqual(['package.json']);
    // The build was good and is kept for the next try.
    expect(readdirSync(project.cache)).toHaveLength(1);
  });
});

describe('the add-on', () => {
  test('that does not compile', async () => {
    const FAKE_COMPILE =
      '../binding/tfjs_backend.cc:1:1: error: expected unqualified-id\ngyp ERR! build error';
    await expectFailure(
      bench.project({ FAKE_COMPILE }),
      7,
      /does not compile \(.*expected unqualified-id\).*build-essential/,
    );
  });

  test('for which there are no headers', async () => {
    const FAKE_COMPILE =
      'gyp ERR! stack FetchError: request to https://nodejs.org/x failed, reason: getaddrinfo ENOTFOUND nodejs.org';
    await expectFailure(
      bench.project({ FAKE_COMPILE }),
      6,
      /node-gyp can't download Node's headers: .*npm_config_nodedir/,
    );
  });

  test.each([
    ['broken', /does not load \(undefined symbol: TF_Nothing\): everything is as it was before/],
    ['crash', /does not load \(.*instructions that this processor lacks/],
  ])('that does not load: %s', async (text, sentence) => {
    const project = bench.project();
    await expectFailure(project, 8, sentence, '--libtensorflow', bench.archiveFolder(text));
    expect(readFileSync(project.log, 'utf8')).toMatch(/^uninstall /m);
  });

  test('that does not load leaves a package that was there as it was', async () => {
    const project = bench.project();
    const modules = join(project.folder, 'node_modules/@tensorflow/tfjs-node');
    await project.run('--libtensorflow', bench.archiveFolder('2.0-good'));
    const before = readFileSync(join(modules, 'tfloop-native.json'), 'utf8');
    expect(await project.run('--libtensorflow', bench.archiveFolder('broken'))).toMatchObject({
      code: 8,
    });
    expect(readFileSync(join(modules, 'tfloop-native.json'), 'utf8')).toBe(before);
    expect((await project.run()).out).toContain('Works already: TensorFlow 2.0-good');
    expect(readdirSync(join(project.folder, 'node_modules')).sort()).toEqual([
      '.package-lock.json',
      '@tensorflow',
    ]);
  });
});

describe('the disk', () => {
  test('that is too small is told of before any work', async () => {
    const disk = bench.disk(512);
    if (disk === undefined) return;
    const sentence =
      /there is no room in .*: 0\.5 MB are free and \d+ MB are needed; free some, or set XDG_CACHE_HOME/;
    await expectFailure(bench.project({ XDG_CACHE_HOME: disk }), 5, sentence, '--no-save');
  });

  test('that fills up on the way', async () => {
    const disk = bench.disk(512);
    if (disk === undefined) return;
    const source = bench.archiveFolder();
    writeFileSync(join(source, 'lib/libtensorflow.so.2.5.0'), Buffer.alloc(2e6));
    const archive = join(bench.folder('archive'), 'libtensorflow.tgz');
    execFileSync('tar', ['-czf', archive, '-C', source, '.']);
    const sentence = /the disk filled up while libtensorflow\.tgz was unpacked/;
    await expectFailure(
      bench.project({ XDG_CACHE_HOME: disk }),
      5,
      sentence,
      '--libtensorflow',
      archive,
    );
  });

  test('that may only be read', async () => {
    const disk = bench.disk(512, ',ro');
    if (disk === undefined) return;
    const settings = { XDG_CACHE_HOME: disk, FAKE_LOG: '/dev/null' };
    await expectFailure(
      bench.project(settings),
      5,
      /the cache folder can't be made \(EROFS.*set XDG_CACHE_HOME/,
    );
  });

  test('of the project that may only be read', async () => {
    const disk = bench.disk(512);
    if (disk === undefined) return;
    const project = bench.project();
    writeFileSync(join(disk, 'package.json'), '{}');
    execFileSync('mount', ['-o', 'remount,ro', disk]);
    const program = join(bench.root, 'dist', 'cli.mjs');
    const args = [program, '--libtensorflow', bench.archiveFolder()];
    const run = () =>
      execFileSync(process.execPath, args, { cwd: disk, env: project.env, stdio: 'pipe' });
    expect(run).toThrow(/can't be written to \(EROFS/);
  });
});

test('an interrupt stops the compiler and leaves nothing behind', async () => {
  const project = bench.project({ FAKE_COMPILE: 'hang' });
  const hangs = `${project.log}.hangs`;
  const started = new Promise<void>((resolve) => {
    const watcher = watch(dirname(hangs), () => {
      if (!existsSync(hangs) || readFileSync(hangs, 'utf8') === '') return;
      watcher.close();
      resolve();
    });
  });
  const { child, ended } = project.start(['--libtensorflow', bench.archiveFolder()]);
  await started;
  child.kill('SIGINT');
  expect(await ended).toMatchObject({ code: 130, error: 'tfloop-native: interrupted\n' });
  expectClean(project.folder, project.cache);
  // It may be waiting for a parent to read how it ended.
  const compiler = readFileSync(hangs, 'utf8');
  const { stdout } = spawnSync('ps', ['-o', 'stat=', '-p', compiler], { encoding: 'utf8' });
  expect(stdout.trim()).toMatch(/^(Z.*)?$/);
});

test('what a killed run left is cleared away by the next one', async () => {
  const project = bench.project();
  const gone = 4_194_301;
  mkdirSync(join(project.cache, `tmp-${gone}-abc`), { recursive: true });
  const staging = join(project.folder, `node_modules/.tfloop-native-${gone}-0`);
  mkdirSync(staging, { recursive: true });
  expect(await project.run('--libtensorflow', bench.archiveFolder())).toMatchObject({ code: 0 });
  expect(existsSync(staging)).toBe(false);
  expect(readdirSync(project.cache)).toEqual([expect.stringContaining('given')]);
});

describe('a mistaken call:', () => {
  test.each([
    ['no such file', /--libtensorflow: there is no .*nothing\.zip/, 'nothing.zip'],
    ['no archive', /neither a folder nor a .tar.gz/, 'package.json'],
    ['an empty path', /--libtensorflow: "" is no path: give a folder or an archive/, ''],
    ['no library', /has no lib\/libtensorflow\.\*/, '.'],
  ])('%s', async (_, sentence, path) => {
    await expectFailure(bench.project(), 2, sentence, '--libtensorflow', path);
  });

  test.each([
    ['--undo and --libtensorflow "/etc" contradict', ['--undo', '--libtensorflow', '/etc']],
    ['--clear-cache and --libtensorflow "" contradict', ['--clear-cache', '--libtensorflow', '']],
    ['--clear-cache and --gpu contradict', ['--gpu', '--clear-cache', '--dry-run']],
  ])('%s each other', async (sentence, args) => {
    await expectFailure(bench.project(), 2, new RegExp(sentence), ...args);
  });

  test.each([
    ['{ bad\n', '--dry-run'],
    ['{"name":\n"x",\n}', '--undo'],
    ['[]', '--no-save'],
  ])('a package.json that says %j, with %s', async (text, option) => {
    const { run, folder, cache, log } = bench.project();
    writeFileSync(join(folder, 'package.json'), text);
    const { code, out, error } = await run(option);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(error).toMatch(/^tfloop-native: .*package\.json can't be read .*: mend it .*\n$/);
    expect([existsSync(log), existsSync(cache), readdirSync(folder)]).toEqual([
      false,
      false,
      ['package.json'],
    ]);
  });

  test('an archive that is broken', async () => {
    const archive = join(bench.folder('archive'), 'broken.whl');
    writeFileSync(archive, 'PK but no zip file');
    await expectFailure(
      bench.project(),
      2,
      /can't be unpacked .*that is whole/,
      '--libtensorflow',
      archive,
    );
  });

  test('a folder that is no project', async () => {
    const { run, folder } = bench.project();
    execFileSync('rm', [join(folder, 'package.json')]);
    expect(await run()).toMatchObject({
      code: 2,
      error: expect.stringMatching(/no package\.json in .*npm init/),
    });
  });

  test("a project of another package manager's is not touched by npm", async () => {
    const { run, folder, log } = bench.project();
    writeFileSync(join(folder, 'pnpm-lock.yaml'), '');
    const { code, error } = await run('--libtensorflow', bench.archiveFolder());
    expect({ code, error }).toMatchObject({
      code: 2,
      error: expect.stringContaining('`pnpm add --ignore-scripts @tensorflow/tfjs-node@4.22.0`'),
    });
    expect(existsSync(log)).toBe(false);
    expect(existsSync(join(folder, 'node_modules'))).toBe(false);
  });
});
