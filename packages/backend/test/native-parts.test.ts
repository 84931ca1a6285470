import { afterAll, describe, expect, jest, test } from '@jest/globals';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Context } from '../src/native-install/context.ts';
import { headersOf } from '../src/native-install/build-addon.ts';
import { reportCuda, wheelCuda } from '../src/native-install/cuda.ts';
import { needSpace } from '../src/native-install/folders.ts';
import { atLeast, refuseOldNode, thisHost } from '../src/native-install/host.ts';
import type { Host } from '../src/native-install/host.ts';
import { findLibtensorflow, layOut } from '../src/native-install/libtensorflow.ts';
import { tellingLine, troubleIn } from '../src/native-install/problems.ts';
import { createReporter } from '../src/native-install/reporter.ts';
import { askUpstream, upstreamArchive } from '../src/native-install/upstream.ts';
import { downloadWheel, wheelFor } from '../src/native-install/wheel.ts';
import { createWorkbench } from './native-workbench.ts';

const bench = createWorkbench();
afterAll(() => bench.close());

const linux: Host = { platform: 'linux', arch: 'x64', node: '20.19.0', napi: 9, glibc: '2.36' };

/** A context that keeps the lines that are said. */
function contextOf(settings: Partial<Context> = {}): { context: Context; lines: string[] } {
  const lines: string[] = [];
  const context: Context = {
    host: linux,
    env: process.env,
    reporter: { say: (line) => lines.push(line), during: async (_, work) => work },
    signal: new AbortController().signal,
    probe: async () => ({ works: false, problem: 'not asked' }),
    ...settings,
  };
  return { context, lines };
}

describe('a machine that there is nothing for is told what to do instead:', () => {
  test.each<[string, Partial<Host>, boolean, RegExp]>([
    [
      'musl',
      { glibc: undefined },
      false,
      /this system has musl: use .*node:22-slim, .*WASM back end works/,
    ],
    [
      'old glibc',
      { glibc: '2.17' },
      false,
      /needs glibc 2\.27 and this system has 2\.17: use a newer/,
    ],
    [
      'architecture',
      { arch: 'riscv64' },
      false,
      /no TensorFlow .* for linux riscv64: give .*--libtensorflow/,
    ],
    [
      'Windows',
      { platform: 'win32', glibc: undefined },
      false,
      /for win32 x64: give .*--libtensorflow/,
    ],
    [
      'GPU on a Mac',
      { platform: 'darwin', arch: 'arm64' },
      true,
      /no TensorFlow wheel with CUDA .*leave out --gpu/,
    ],
  ])('%s', (_, host, gpu, sentence) => {
    expect(() => wheelFor({ ...linux, ...host }, gpu)).toThrow(sentence);
  });

  test('Node', () => {
    expect(() => refuseOldNode({ ...linux, node: '18.20.4' })).toThrow(
      'Node 18.20.4 is too old: use Node 20.19 or newer',
    );
    expect(() => refuseOldNode(linux)).not.toThrow();
  });
});

test('versions compare by numbers', () => {
  const cases = [
    ['20.19.0', '20.19', true],
    ['20.9.9', '20.19', false],
    ['2.36', '2.27', true],
    ['3', '3.8', false],
    ['26.0.0', '20.19', true],
  ] as const;
  for (const [version, least, expected] of cases)
    expect([version, atLeast(version, least)]).toEqual([version, expected]);
});

test('this host is described by its own facts', () => {
  const { node, napi } = thisHost();
  expect([node, String(napi)]).toEqual([process.versions.node, process.versions['napi']]);
});

describe('the upstream way', () => {
  test('is known for the systems that its script serves', () => {
    expect(upstreamArchive(linux, false)).toContain('cpu-linux-x86_64-2.9.1.tar.gz');
    expect(upstreamArchive(linux, true)).toContain('gpu-linux-x86_64');
    expect(upstreamArchive({ ...linux, arch: 's390x' }, false)).toBeUndefined();
  });

  test('is asked for its size, and closed when it does not answer', async () => {
    const { context } = contextOf({ env: {} });
    const answer = jest.spyOn(globalThis, 'fetch');
    answer.mockResolvedValueOnce(new Response(null, { headers: { 'content-length': '123' } }));
    expect(await askUpstream(context, false)).toEqual({ isOpen: true, bytes: 123 });
    answer.mockResolvedValueOnce(new Response(null, { status: 404 }));
    expect(await askUpstream(context, false)).toMatchObject({
      isOpen: false,
      problem: expect.stringMatching(/answers 404$/),
    });
    answer.mockRejectedValueOnce(Object.assign(new TypeError(), { cause: { code: 'ENOTFOUND' } }));
    expect(await askUpstream(context, false)).toEqual({
      isOpen: false,
      problem: "storage.googleapis.com can't be reached (ENOTFOUND)",
    });
    answer.mockRestore();
    const musl = contextOf({ host: { ...linux, glibc: undefined } });
    expect(await askUpstream(musl.context, false)).toMatchObject({ isOpen: false });
  });
});

describe('a wheel', () => {
  test('is downloaded by pip, verified, and found again', async () => {
    const { folder, sha256 } = bench.wheel();
    const env = {
      ...process.env,
      PIP_CONFIG_FILE: '/dev/null',
      PIP_NO_INDEX: '1',
      PIP_FIND_LINKS: folder,
    };
    const { context, lines } = contextOf({ env });
    const wheel = { ...wheelFor(linux, false), sha256 };
    const cache = bench.folder('cache');
    const path = await downloadWheel(context, 'python3', wheel, cache);
    expect(readdirSync(cache).map((name) => join(cache, name))).toEqual([path]);
    expect(lines.at(-1)).toBe(
      `   Verified: by pip against the SHA-256 that tfloop-native holds, ${sha256}`,
    );
    expect(await downloadWheel(context, 'python3', wheel, cache)).toBe(path);
    expect(lines.at(-1)).toContain('Downloaded before and verified');

    writeFileSync(path, 'cut off');
    const { size } = statSync(await downloadWheel(context, 'python3', wheel, cache));
    expect(size).toBeGreaterThan(100);

    const unpinned = wheelFor(linux, false);
    Reflect.deleteProperty(unpinned, 'sha256');
    await downloadWheel(context, 'python3', unpinned, bench.folder('cache'));
    expect(lines.at(-1)).toContain(`where that gives one; SHA-256 ${sha256}`);
  });
});

describe('a libtensorflow', () => {
  test('for macOS gets the names that binding.gyp links to', async () => {
    const folder = bench.folder('mac');
    mkdirSync(join(folder, 'tensorflow/include/tensorflow/c'), { recursive: true });
    for (const name of [
      'libtensorflow_cc.2.dylib',
      'libtensorflow_framework.2.dylib',
      'include/tensorflow/c/c_api.h',
    ])
      writeFileSync(join(folder, 'tensorflow', name), name);
    const found = await findLibtensorflow(folder);
    const deps = join(bench.folder('deps'), 'deps');
    await layOut(found!, deps, 'libtensorflow.dylib', 'copy');
    const lib = join(deps, 'lib');
    expect(readFileSync(join(lib, 'libtensorflow.2.dylib'), 'utf8')).toBe(
      'libtensorflow_cc.2.dylib',
    );
    expect(readFileSync(join(lib, 'libtensorflow_framework.2.dylib'), 'utf8')).toContain(
      'framework',
    );
    expect(readdirSync(lib)).toContain('libtensorflow.dylib');
  });

  test('without its second library is refused', async () => {
    const folder = bench.archiveFolder();
    const found = { lib: bench.folder('lib'), include: join(folder, 'include') };
    writeFileSync(join(found.lib, 'libtensorflow.so.2'), '');
    await expect(layOut(found, bench.folder('deps'), 'x', 'copy')).rejects.toThrow(
      'has no libtensorflow_framework:',
    );
  });
});

test("Node's headers are those beside it, when they are its own", () => {
  const root = bench.folder('node');
  mkdirSync(join(root, 'include/node'), { recursive: true });
  mkdirSync(join(root, 'bin'));
  const lines = ['MAJOR 24', 'MINOR 1', 'PATCH 0'].map((text) => {
    const [part = '', number = ''] = text.split(' ');
    return `#define NODE_${part}_VERSION ${number}`;
  });
  writeFileSync(join(root, 'include/node/node_version.h'), lines.join('\n'));
  expect(headersOf(join(root, 'bin/node'), '24.1.0')).toBe(root);
  expect(headersOf(join(root, 'bin/node'), '24.2.0')).toBeUndefined();
  expect(headersOf('/nowhere/bin/node', '24.1.0')).toBeUndefined();
});

describe('what CUDA needs', () => {
  /** The report on a machine with a GPU of that driver, some libraries known to ldconfig, and others in a folder. */
  async function report(driver: string, known: readonly string[], inFolder: readonly string[]) {
    const [bin, libraries] = [bench.folder('bin'), bench.folder('cuda')];
    bench.command(bin, 'nvidia-smi', `echo "NVIDIA T4, ${driver}"`);
    const listed = known.map((name) => `\\t${name} (libc6,x86-64) => /cuda/${name}\\n`);
    bench.command(bin, 'ldconfig', `printf "${listed.join('')}"`);
    for (const name of inFolder) writeFileSync(join(libraries, name), '');
    const env = { PATH: `${bin}:/bin:/usr/bin`, LD_LIBRARY_PATH: libraries };
    const { context, lines } = contextOf({ env });
    await reportCuda(context, wheelCuda);
    return { lines, libraries };
  }
  const [first = '', ...rest] = wheelCuda.libraries;

  test('is reported where it is there', async () => {
    const { lines, libraries } = await report('550.54.15', [first], rest);
    expect(lines).toEqual([
      '   This TensorFlow wants CUDA 12.5 and cuDNN 9.3, and a driver from 525.60 on:',
      '   - GPU: NVIDIA T4, 550.54.15',
      `   - libcudart.so.12: /cuda/libcudart.so.12`,
      ...rest.map((name) => `   - ${name}: ${join(libraries, name)}`),
      '   All of it is there.',
    ]);
  });

  test('is reported where a library or the driver is missing or old', async () => {
    const missing = await report('525.60.13', [first], rest.slice(1));
    expect(missing.lines[3]).toBe(
      '   - libcublas.so.12: not found by ldconfig nor in LD_LIBRARY_PATH',
    );
    expect(missing.lines.at(-1)).toContain('everything runs on the processor');
    const old = await report('470.256.02', wheelCuda.libraries, []);
    expect(old.lines[1]).toBe('   - GPU: NVIDIA T4, 470.256.02; the driver is too old');
    expect(old.lines.at(-1)).toContain('everything runs on the processor');
    const none = contextOf({ env: { PATH: bench.folder('bin') } });
    await reportCuda(none.context, wheelCuda);
    expect(none.lines[1]).toContain('nvidia-smi finds none; install the NVIDIA driver');
  });
});

test('what tools print when they fail is understood', () => {
  const cases = [
    ['OSError: [Errno 28] No space left on device', 'space'],
    ['npm error code ENOSPC', 'space'],
    ['fatal error: error writing to x.o: No space left on device', 'space'],
    [
      'npm error network request failed, reason: getaddrinfo EAI_AGAIN registry.npmjs.org',
      'network',
    ],
    ["NewConnectionError('Failed to establish a new connection: [Errno 111]')", 'network'],
    ["npm error Error: EACCES: permission denied, mkdir '/x'", 'permission'],
    ['make: *** [x.o] Error 1', undefined],
  ] as const;
  for (const [output, trouble] of cases)
    expect([output, troubleIn(output)]).toEqual([output, trouble]);
  const output =
    'npm error code 1\nnpm error path /x\nnpm error gyp ERR! stack Error: not found: make\nnpm error A complete log of this run can be found in: error.log';
  expect(tellingLine(output)).toContain('not found: make');
  expect(tellingLine('')).toBe('no output');
});

test('what takes more than two seconds says how far it is, and nothing else does', async () => {
  jest.useFakeTimers();
  for (const isTTY of [false, true]) {
    let written = '';
    const reporter = createReporter({ isTTY, write: (text) => (written += text) });
    await reporter.during('quick', Promise.resolve());
    expect(written.replace('\r\x1b[K', '')).toBe('');
    let finish = (): void => undefined;
    const work = new Promise<void>((resolve) => (finish = resolve));
    const done = reporter.during('slow', work, async () => ({ done: 120e6, total: 274e6 }));
    await jest.advanceTimersByTimeAsync(2000);
    expect(written).toContain('slow: 120 MB of 274 MB, 2 s');
    await jest.advanceTimersByTimeAsync(10_000);
    expect(written).toContain('slow: 120 MB of 274 MB, 12 s');
    finish();
    await done;
    const end = written;
    await jest.advanceTimersByTimeAsync(20_000);
    expect(written).toBe(end);
  }
  jest.useRealTimers();
});

test('space is asked for in a folder that is not there yet, too', async () => {
  const folder = join(bench.folder('disk'), 'a', 'b');
  await needSpace(folder, 1, 'free some');
  await expect(needSpace(folder, 1e18, 'free some')).rejects.toThrow(/no room in .*; free some$/);
});
