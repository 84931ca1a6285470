import { readdir } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import type { Context } from './context.ts';
import { run } from './run.ts';

/** What a build of TensorFlow asks of the machine's CUDA. */
export interface CudaNeeds {
  /** CUDA and cuDNN as people name them. */
  readonly versions: string;
  /** File names that the loader has to find. */
  readonly libraries: readonly string[];
}

/** TensorFlow 2.9.1, which the upstream way downloads. */
export const upstreamCuda: CudaNeeds = {
  versions: 'CUDA 11.2 and cuDNN 8.1',
  libraries: ['libcudart.so.11.0', 'libcublas.so.11', 'libcudnn.so.8'],
};

/** TensorFlow 2.21, by the requirements of its wheel. */
export const wheelCuda: CudaNeeds = {
  versions: 'CUDA 12.5 and cuDNN 9.3',
  libraries: ['libcudart.so.12', 'libcublas.so.12', 'libcudnn.so.9'],
};

/** Says which of the needs this machine meets; without them tfjs-node-gpu computes on the processor. */
export async function reportCuda(context: Context, needs: CudaNeeds): Promise<void> {
  const { env, signal, reporter } = context;
  reporter.say(`   This TensorFlow wants ${needs.versions}:`);
  const query = ['--query-gpu=name,driver_version', '--format=csv,noheader'];
  const smi = await run('nvidia-smi', query, { env, signal });
  reporter.say(
    smi.code === 0
      ? `   - GPU: ${smi.output.trim().split('\n').join('; ')}`
      : '   - GPU: nvidia-smi finds none; install the NVIDIA driver, or leave out --gpu',
  );
  const known = (await run('ldconfig', ['-p'], { env, signal })).output;
  const folders = (env['LD_LIBRARY_PATH'] ?? '').split(delimiter).filter(Boolean);
  for (const library of needs.libraries) {
    const line = known.split('\n').find((text) => text.trim().startsWith(`${library} `));
    const place = line?.split('=>')[1]?.trim() ?? (await findIn(folders, library));
    reporter.say(
      `   - ${library}: ${place ?? 'not found by ldconfig nor in LD_LIBRARY_PATH; without it everything runs on the processor'}`,
    );
  }
}

async function findIn(folders: readonly string[], name: string): Promise<string | undefined> {
  for (const folder of folders)
    if ((await readdir(folder).catch((): string[] => [])).includes(name)) return join(folder, name);
  return undefined;
}
