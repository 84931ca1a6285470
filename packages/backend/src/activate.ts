import { version } from '@tensorflow/tfjs';
import { platform } from '#platform';
import { activateWebgl, activateWebgpu } from './activate-gpu.ts';
import { activateWasm } from './activate-wasm.ts';
import type { BackendName } from './backend-name.ts';
import { nativeRemedy } from './native-remedy.ts';
import { nativeThreads } from './native-threads.ts';
import { startEngine } from './start-engine.ts';
import { UnavailableError } from './unavailable-error.ts';

/** Where the `.wasm` files are: a folder with its closing slash, or one path for each file. */
export type WasmPaths = string | Readonly<Record<string, string>>;

/** A back end that is running now. */
export interface Activation {
  /** The npm package that it comes from. */
  readonly packageName: string;
  /** That package's version. */
  readonly version: string;
  /** Threads that its kernels run on. */
  readonly threads: number;
  /** Why that is not what was asked for. */
  readonly note?: string;
  /** The GPU that it computes on, where that can be told. */
  readonly adapter?: string;
}

/**
 * Makes `name` the engine's back end, or throws an {@link UnavailableError} and leaves the engine as it was. Where there are
 * not as many threads as were asked for, it notes why.
 */
export async function activate(
  name: BackendName,
  wasmPaths: WasmPaths | undefined,
  threads: number | undefined,
): Promise<Activation> {
  if (name === 'wasm') return activateWasm(wasmPaths, threads);
  const activation = await activateOther(name, threads);
  const { threads: there } = activation;
  if (threads === undefined || threads === there) return activation;
  const count = there === 1 ? '1 thread' : `${there} threads`;
  return { ...activation, note: `${count} instead of ${threads}, as ${ofThreads[name]}` };
}

type OtherName = Exclude<BackendName, 'wasm'>;

/** Why there are not the threads that the option asks for. */
const ofThreads: Readonly<Record<OtherName, string>> = {
  native: 'TensorFlow takes their number as it is loaded, by the main thread',
  cpu: 'plain JavaScript runs on one',
  webgl: 'the GPU computes',
  webgpu: 'the GPU computes',
};

async function activateOther(name: OtherName, threads: number | undefined): Promise<Activation> {
  switch (name) {
    case 'native':
      return activateNative(threads);
    case 'cpu':
      await startEngine(
        'cpu',
        'the plain JavaScript back end did not start',
        'reinstall @tensorflow/tfjs',
      );
      return {
        packageName: '@tensorflow/tfjs-backend-cpu',
        version: version['tfjs-backend-cpu'],
        threads: 1,
      };
    case 'webgl':
      return activateWebgl();
    case 'webgpu':
      return activateWebgpu();
  }
}

async function activateNative(wish: number | undefined): Promise<Activation> {
  const native = platform.loadNative(wish);
  if ('problems' in native) throw new UnavailableError(native.problems.join(', '), native.remedy);
  await startEngine('tensorflow', `${native.packageName} did not start`, nativeRemedy);
  const threads = nativeThreads(platform.env('TF_NUM_INTRAOP_THREADS'), platform.cores());
  return { ...native, threads };
}
