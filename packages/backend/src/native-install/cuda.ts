import { readdir } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import type { Context } from './context.ts';
import { atLeast } from './host.ts';
import { run } from './run.ts';

/** What a build of TensorFlow asks of the machine's CUDA. */
export interface CudaNeeds {
  /** CUDA and cuDNN as people name them. */
  readonly versions: string;
  /** The oldest driver that this CUDA works with on Linux, by NVIDIA's table of compatible drivers. */
  readonly driver: string;
  /** File names that TensorFlow has its loader find, all or it registers no GPU. */
  readonly libraries: readonly string[];
}

/** TensorFlow 2.9.1, which the upstream way downloads. */
export const upstreamCuda: CudaNeeds = {
  versions: 'CUDA 11.2 and cuDNN 8.1',
  driver: '450.80',
  libraries: [
    'libcudart.so.11.0',
    'libcublas.so.11',
    'libcublasLt.so.11',
    'libcufft.so.10',
    'libcurand.so.10',
    'libcusolver.so.11',
    'libcusparse.so.11',
    'libcudnn.so.8',
  ],
};

/** TensorFlow 2.21, by the requirements of its wheel. */
export const wheelCuda: CudaNeeds = {
  versions: 'CUDA 12.5 and cuDNN 9.3',
  driver: '525.60',
  libraries: [
    'libcudart.so.12',
    'libcublas.so.12',
    'libcublasLt.so.12',
    'libcufft.so.11',
    'libcusolver.so.11',
    'libcusparse.so.12',
    'libcudnn.so.9',
  ],
};

/** Says which of the needs this machine meets; without one of them tfjs-node-gpu computes on the processor. */
export async function reportCuda(context: Context, needs: CudaNeeds): Promise<void> {
  const { reporter } = context;
  reporter.say(`   This TensorFlow wants ${needs.versions}, and a driver from ${needs.driver} on:`);
  const gpu = await findGpu(context, needs);
  reporter.say(`   - GPU: ${gpu.text}`);
  const missing: string[] = [];
  for (const [library, place] of await findLibraries(context, needs.libraries)) {
    if (place === undefined) missing.push(library);
    reporter.say(`   - ${library}: ${place ?? 'not found by ldconfig nor in LD_LIBRARY_PATH'}`);
  }
  reporter.say(
    gpu.isGood && missing.length === 0
      ? '   All of it is there.'
      : '   Until the rest is there, too, everything runs on the processor; it may be installed later.',
  );
}

async function findGpu({ env, signal }: Context, { driver }: CudaNeeds) {
  const query = ['--query-gpu=name,driver_version', '--format=csv,noheader'];
  const { code, output } = await run('nvidia-smi', query, { env, signal });
  const gpus = output.trim().split('\n');
  if (code !== 0)
    return {
      isGood: false,
      text: 'nvidia-smi finds none; install the NVIDIA driver, or leave out --gpu',
    };
  const isGood = gpus.some((gpu) => atLeast(gpu.split(', ').at(-1) ?? '', driver));
  return { isGood, text: gpus.join('; ') + (isGood ? '' : '; the driver is too old') };
}

/** Every library with the place where the loader finds it. */
async function findLibraries({ env, signal }: Context, libraries: readonly string[]) {
  const known = (await run('ldconfig', ['-p'], { env, signal })).output.split('\n');
  const folders = (env['LD_LIBRARY_PATH'] ?? '').split(delimiter).filter(Boolean);
  return Promise.all(
    libraries.map(async (library) => {
      const line = known.find((text) => text.trim().startsWith(`${library} `));
      return [library, line?.split('=>')[1]?.trim() ?? (await findIn(folders, library))] as const;
    }),
  );
}

async function findIn(folders: readonly string[], name: string): Promise<string | undefined> {
  for (const folder of folders)
    if ((await readdir(folder).catch((): string[] => [])).includes(name)) return join(folder, name);
  return undefined;
}
