// What tfloop-native does about the kernels in C: with compilers that stand in for one, as the package does for tfjs-node.
import { afterAll, describe, expect, test } from '@jest/globals';
import {
  appendFileSync,
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  watch,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { createWorkbench } from './native-workbench.ts';

const bench = createWorkbench();
afterAll(() => bench.close());

const modules = 'node_modules/@tensorflow/tfjs-node';
const kernels = `${modules}/tfloop-kernels`;
const names = (folder: string): string[] => (existsSync(folder) ? readdirSync(folder) : []);
const writesOutput = 'while [ "$1" != -o ]; do shift; done';

/** A compiler that notes its arguments; what it makes is a module of Node's that does nothing. */
function compiler(): { CC: string; log: string } {
  const folder = bench.folder('compiler');
  const [CC, log, source] = [join(folder, 'cc'), join(folder, 'log'), join(folder, 'empty.c')];
  writeFileSync(source, 'void *napi_register_module_v1(void *e, void *x) { (void)e; return x; }');
  bench.command(
    folder,
    'cc',
    `printf '%s\\n' "$@" >> ${log}; ${writesOutput}; exec cc -shared -fPIC ${source} -o "$2"`,
  );
  return { CC, log };
}

let template: string | undefined;

/** A project whose tfjs-node came by its own install script. */
async function upstream(settings: NodeJS.ProcessEnv = {}) {
  const project = bench.project(settings);
  if (template === undefined) {
    const made = bench.project();
    await made.run('--libtensorflow', bench.archiveFolder());
    template = join(made.folder, 'node_modules');
    rmSync(join(made.folder, modules, 'tfloop-native.json'));
  }
  cpSync(template, join(project.folder, 'node_modules'), { recursive: true });
  return { ...project, kernels: join(project.folder, kernels) };
}

test("they are compiled once, of this package's sources, and anew when these change", async () => {
  const { CC, log } = compiler();
  const project = await upstream({ CC });
  expect((await project.run()).out).toContain('Kernels in C: compiled;');
  const args = readFileSync(log, 'utf8').trim().split('\n');
  const sources = args
    .filter((arg) => arg.endsWith('.c'))
    .map((path) => path.slice(bench.root.length));
  expect(sources).toEqual(
    readdirSync(join(__dirname, '../src/kernels/native'))
      .filter((name) => name.endsWith('.c'))
      .sort()
      .map((name) => `/src/kernels/native/${name}`),
  );
  expect(args).toEqual(
    expect.arrayContaining([
      '-O3',
      `-I${join(bench.root, 'src/kernels/native')}`,
      ...(process.platform === 'linux'
        ? [`-L${join(project.folder, modules, 'deps/lib')}`, '-Wl,-z,now']
        : ['-bundle']),
    ]),
  );
  const [library = '', ...others] = names(project.kernels);
  expect([library, others]).toEqual([expect.stringMatching(/^[0-9a-f]{12}\.node$/), []]);

  const before = statSync(join(project.kernels, library));
  const again = await project.run();
  expect(again.out).toMatch(/Works already[^]*Kernels in C: there\n$/);
  expect(statSync(join(project.kernels, library)).ino).toBe(before.ino);

  // As a run leaves it that was killed.
  writeFileSync(join(project.kernels, 'tmp-999999999-x.node'), '');
  appendFileSync(join(bench.root, 'src/kernels/shared/sgd.c'), '// another version\n');
  expect((await project.run()).out).toContain('Kernels in C: compiled;');
  const after = names(project.kernels);
  expect(after).toEqual([expect.stringMatching(/^[0-9a-f]{12}\.node$/)]);
  expect(after).not.toEqual([library]);

  // From another system, say.
  writeFileSync(join(project.kernels, after[0]!), 'broken');
  expect((await project.run()).out).toContain('Kernels in C: compiled;');
  expect((await project.run()).out).toMatch(/Works already[^]*Kernels in C: there\n$/);
});

describe('they are left out, and what to do is said, where', () => {
  const again = /run this again\); TensorFlow's own ops do their work, more slowly$/m;

  test.each<[string, string, string]>([
    [
      'the compiler fails',
      'echo "ops.h:1: error: no stdlib.h" >&2; exit 1',
      'cc fails, with "ops.h:1: error: no stdlib.h": see whether it compiles C and is complete',
    ],
    ['the compiler is stopped', 'kill -9 $$', 'cc fails, with "no output"'],
    [
      'what it makes does not load',
      `${writesOutput}; echo no library > "$2"`,
      'they do not load: ',
    ],
    ['it makes nothing', 'exit 0', 'they do not load: '],
  ])('%s', async (_, script, sentence) => {
    const folder = bench.folder('compiler');
    bench.command(folder, 'cc', script);
    const { kernels, run } = await upstream({ CC: join(folder, 'cc') });
    const { code, out } = await run();
    expect(code).toBe(0);
    expect(out).toContain(`Kernels in C: left out (${sentence}`);
    expect(out).toMatch(again);
    expect(existsSync(kernels)).toBe(false);
  });

  test('there is no such compiler, or none at all', async () => {
    const { env, kernels, run } = await upstream({ CC: '/nowhere/cc -m64' });
    expect((await run()).out).toContain(
      'left out (there is no /nowhere/cc: set CC to a C compiler',
    );
    Object.assign(env, { CC: '', PATH: bench.path('sh') });
    const { out } = await run();
    expect(out).toContain('(there is no C compiler: install gcc or clang, or set CC to one, and');
    expect(out).toMatch(again);
    expect(existsSync(kernels)).toBe(false);
  });

  test('the package may not be written to', async () => {
    const { folder, kernels, run } = await upstream({ CC: compiler().CC });
    // What root may not do either: make a folder below a file.
    writeFileSync(kernels, '');
    const { code, out } = await run();
    expect(code).toBe(0);
    expect(out).toMatch(again);
    expect(out).toContain(`see that you may write to ${join(folder, modules)}, and`);
    expect(readFileSync(kernels, 'utf8')).toBe('');
    if (process.getuid?.() === 0) return;
    rmSync(kernels);
    chmodSync(dirname(kernels), 0o555);
    expect((await run()).out).toContain('EACCES');
    chmodSync(dirname(kernels), 0o755);
  });

  test('they would be of no use, with --gpu', async () => {
    const { CC, log } = compiler();
    const { run } = bench.project({ CC });
    const { out } = await run('--gpu', '--libtensorflow', bench.archiveFolder());
    expect(out).toContain('left out (they are for the processor, not for a GPU)');
    expect(existsSync(log)).toBe(false);
  });
});

test('CC may hold arguments, as for make', async () => {
  const { CC, log } = compiler();
  const { run } = await upstream({ CC: `${CC} -march=x86-64  -DTEST` });
  await run();
  expect(readFileSync(log, 'utf8')).toMatch(/^-march=x86-64\n-DTEST\n-std=gnu17\n/);
});

test('--dry-run says that it would compile them, and does not', async () => {
  const { CC, log } = compiler();
  const fresh = bench.project({ CC });
  const would = `Kernels in C would be compiled with ${CC}.`;
  expect((await fresh.run('--dry-run', '--libtensorflow', bench.archiveFolder())).out).toContain(
    would,
  );
  const { kernels, run } = await upstream({ CC });
  expect((await run('--dry-run')).out).toContain(would);
  expect([existsSync(log), existsSync(kernels)]).toEqual([false, false]);
  await run();
  expect((await run('--dry-run')).out).toContain('Kernels in C: there');
});

test('--undo removes them, and of a package that came by itself nothing else', async () => {
  const { folder, kernels, run } = await upstream({ CC: compiler().CC });
  await run();
  const rest = names(join(folder, modules)).filter((name) => name !== 'tfloop-kernels');
  const what = `the kernels in C from ${join(folder, modules)}, and nothing else`;
  expect((await run('--undo', '--dry-run')).out).toBe(`Would be removed: ${what}.\n`);
  expect(existsSync(kernels)).toBe(true);
  expect((await run('--undo')).out).toContain(`Undone: removed ${what}.`);
  expect(names(join(folder, modules))).toEqual(rest);
  expect((await run('--undo')).out).toContain('Nothing to undo');
});

test('an interrupt leaves no half of them', async () => {
  const folder = bench.folder('compiler');
  bench.command(folder, 'cc', `${writesOutput}; echo half > "$2"; exec sleep 300`);
  const { env, start, kernels, run } = await upstream({ CC: join(folder, 'cc') });
  mkdirSync(kernels);
  const { child, ended } = start([]);
  await new Promise<void>((resolve) => {
    const watcher = watch(kernels, () => {
      if (names(kernels).length === 0) return;
      watcher.close();
      resolve();
    });
  });
  child.kill('SIGINT');
  expect(await ended).toMatchObject({ code: 130, error: 'tfloop-native: interrupted\n' });
  expect(existsSync(kernels)).toBe(false);
  // Another attempt is not kept from its end.
  env['CC'] = compiler().CC;
  expect((await run()).out).toContain('Kernels in C: compiled;');
});
