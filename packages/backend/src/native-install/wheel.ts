import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Context } from './context.ts';
import { Failure } from './failure.ts';
import { sizeOf } from './folders.ts';
import { atLeast } from './host.ts';
import type { Host } from './host.ts';
import { tellingLine, troubleIn } from './problems.ts';
import { megabytes } from './reporter.ts';
import { run } from './run.ts';

/** A Python wheel that holds libtensorflow. */
export interface Wheel {
  /** Its name in the package index. */
  readonly requirement: string;
  readonly version: string;
  /** pip's name of the platform. */
  readonly platform: string;
  /** Bytes to download, about. */
  readonly bytes: number;
  /** Bytes of the libraries in it, about. */
  readonly unpackedBytes: number;
  /** The file's SHA-256; without it pip checks against the index's hash, where that has one. */
  readonly sha256?: string;
}

const version = '2.21.0';

/** The wheel for a machine; throws a Failure that says why there is none. */
export function wheelFor({ platform, arch, glibc }: Host, gpu: boolean): Wheel {
  const system = `${platform}-${arch}`;
  const wasm = 'the WASM back end works here without any of this';
  if (platform === 'linux' && glibc === undefined)
    throw new Failure(
      'unsupported',
      `TensorFlow is built for the GNU C library and this system has musl: use a Debian-based image such as node:22-slim, or give a libtensorflow built for musl with --libtensorflow; ${wasm}`,
    );
  if (platform === 'linux' && glibc !== undefined && !atLeast(glibc, '2.27'))
    throw new Failure(
      'unsupported',
      `TensorFlow ${version} needs glibc 2.27 and this system has ${glibc}: use a newer system, or give a libtensorflow that fits with --libtensorflow; ${wasm}`,
    );
  if (gpu && system !== 'linux-x64')
    throw new Failure(
      'unsupported',
      `there is no TensorFlow wheel with CUDA for ${platform} ${arch}: leave out --gpu, or give a libtensorflow with --libtensorflow`,
    );
  switch (system) {
    case 'linux-x64':
      return gpu
        ? {
            requirement: 'tensorflow',
            version,
            platform: 'manylinux_2_27_x86_64',
            bytes: 600e6,
            unpackedBytes: 1500e6,
          }
        : {
            requirement: 'tensorflow-cpu',
            version,
            platform: 'manylinux_2_27_x86_64',
            bytes: 273_829_956,
            unpackedBytes: 855e6,
            sha256: '2b847d217b02ee7731ed91431daf3250daa0196c3c94614d23be27232e6e5b6c',
          };
    case 'linux-arm64':
      return {
        requirement: 'tensorflow',
        version,
        platform: 'manylinux_2_27_aarch64',
        bytes: 269e6,
        unpackedBytes: 1000e6,
      };
    case 'darwin-arm64':
      return {
        requirement: 'tensorflow',
        version,
        platform: 'macosx_12_0_arm64',
        bytes: 250e6,
        unpackedBytes: 1000e6,
      };
    default:
      throw new Failure(
        'unsupported',
        `there is no TensorFlow ${version} wheel with a C library for ${platform} ${arch}: give a libtensorflow with --libtensorflow; ${wasm}`,
      );
  }
}

/**
 * Downloads a wheel with pip into `folder` and returns its path; one that is there already is checked and used.
 * Any Python serves, as only the C libraries are taken out. Throws a Failure.
 */
export async function downloadWheel(
  context: Context,
  python: string,
  wheel: Wheel,
  folder: string,
): Promise<string> {
  const { env, reporter, signal } = context;
  const kept = await keptWheel(wheel, folder);
  if (kept !== undefined) {
    reporter.say(`   Downloaded before and verified: ${kept}`);
    return kept;
  }
  const temporary = join(folder, `tmp-${process.pid}-wheel`);
  await mkdir(temporary, { recursive: true });
  try {
    const hash = wheel.sha256 === undefined ? '' : ` --hash=sha256:${wheel.sha256}`;
    const requirements = join(temporary, 'requirements.txt');
    await writeFile(requirements, `${wheel.requirement}==${wheel.version}${hash}\n`);
    const target = join(temporary, 'wheel');
    const onPython = ['--python-version', '311', '--implementation', 'cp', '--abi', 'cp311'];
    const ran = await reporter.during(
      'pip download',
      run(
        python,
        [
          ...['-m', 'pip', 'download', '--no-deps', '--no-cache-dir', '--only-binary=:all:'],
          ...['--retries', '2', '--disable-pip-version-check', '--platform', wheel.platform],
          ...onPython,
          ...['-d', target, '-r', requirements],
        ],
        {
          env: { ...env, TMPDIR: temporary, TEMP: temporary, TMP: temporary },
          signal,
        },
      ),
      async () => ({ done: await sizeOf(temporary), total: wheel.bytes }),
    );
    if (ran.code !== 0) throw failureOf(ran.output, wheel);
    const name = (await readdir(target)).find((file) => file.endsWith('.whl'));
    if (name === undefined) throw failureOf(ran.output, wheel);
    const sha256 = await sha256Of(join(target, name));
    const size = await sizeOf(target);
    reporter.say(
      `   ${/^\s*Processing \S*\.whl/m.test(ran.output) ? 'Copied, as pip has it on this disk' : 'Downloaded'}: ${name}, ${megabytes(size)}`,
    );
    reporter.say(
      wheel.sha256 === undefined
        ? `   Verified: by pip against the hash of the index, where that gives one; SHA-256 ${sha256}`
        : `   Verified: by pip against the SHA-256 that tfloop-native holds, ${sha256}`,
    );
    const path = join(folder, name);
    await rename(join(target, name), path);
    return path;
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/** The file of an earlier run whose build failed; only a known hash tells that it is whole. */
async function keptWheel({ requirement, version, sha256 }: Wheel, folder: string) {
  const prefix = `${requirement.replace('-', '_')}-${version}-`;
  const name = (await readdir(folder).catch(() => [])).find(
    (file) => file.startsWith(prefix) && file.endsWith('.whl'),
  );
  if (name === undefined) return undefined;
  const path = join(folder, name);
  if (sha256 !== undefined && (await sha256Of(path)) === sha256) return path;
  await rm(path);
  return undefined;
}

/** The SHA-256 of a file, in hexadecimal. */
export async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

function failureOf(output: string, { requirement, version, platform }: Wheel): Failure {
  const other = 'or give a libtensorflow with --libtensorflow';
  if (/DO NOT MATCH THE HASHES/i.test(output))
    return new Failure(
      'network',
      `what pip downloaded is not the ${requirement} ${version} that was published (its SHA-256 differs): see which index \`pip config list\` names, ${other}`,
    );
  switch (troubleIn(output)) {
    case 'space':
      return new Failure(
        'space',
        `the disk is full: free 1.2 GB, or set XDG_CACHE_HOME to a folder on another disk`,
      );
    case 'permission':
      return new Failure(
        'space',
        `pip may not write (${tellingLine(output)}): set XDG_CACHE_HOME to a folder that you may write to`,
      );
    case 'network':
      return new Failure(
        'network',
        `pip can't reach its package index: check the network and pip's proxy settings, ${other}`,
      );
    case undefined:
      return /No matching distribution|Could not find a version/.test(output)
        ? new Failure(
            'network',
            `pip's index has no ${requirement} ${version} for ${platform}: use another index (PIP_INDEX_URL), ${other}`,
            output,
          )
        : new Failure(
            'network',
            `pip failed (${tellingLine(output)}): try again, ${other}`,
            output,
          );
  }
}
