import { findBackendFactory, setBackend, version } from '@tensorflow/tfjs';
import { platform } from '#platform';
import type { BackendName } from './backend-name.ts';
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
}

/** Makes `name` the engine's back end, or throws an {@link UnavailableError} and leaves the engine as it was. */
export async function activate(
  name: BackendName,
  wasmPaths: WasmPaths | undefined,
): Promise<Activation> {
  switch (name) {
    case 'native':
      return activateNative();
    case 'wasm':
      return activateWasm(wasmPaths);
    case 'cpu':
      await start(
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
      await start(
        'webgl',
        'webgl is not available here',
        'use a browser with WebGL, or another back end',
      );
      return {
        packageName: '@tensorflow/tfjs-backend-webgl',
        version: version['tfjs-backend-webgl'],
        threads: 1,
      };
    case 'webgpu':
      await start(
        'webgpu',
        'webgpu is not available here',
        'run `npm install @tensorflow/tfjs-backend-webgpu` and import it before the call, where navigator.gpu exists',
      );
      return {
        packageName: '@tensorflow/tfjs-backend-webgpu',
        version: version['tfjs-core'],
        threads: 1,
      };
  }
}

async function activateNative(): Promise<Activation> {
  const remedy = 'run `npx tfloop-native`, which installs @tensorflow/tfjs-node (or -gpu)';
  const native = platform.loadNative();
  if ('problems' in native) throw new UnavailableError(native.problems.join(', '), remedy);
  await start('tensorflow', `${native.packageName} did not start`, remedy);
  return { ...native, threads: platform.cores() };
}

async function activateWasm(wasmPaths: WasmPaths | undefined): Promise<Activation> {
  // Imported here, as the import itself registers a back end.
  const wasm = await import('@tensorflow/tfjs-backend-wasm');
  try {
    if (wasmPaths !== undefined) {
      wasm.setWasmPaths(typeof wasmPaths === 'string' ? wasmPaths : { ...wasmPaths });
    }
  } catch (error) {
    // After a failed start it takes no other paths, nor a map that lacks a file.
    const problem = error instanceof Error ? error.message : String(error);
    throw new UnavailableError(
      `wasm did not start (${problem})`,
      'reload with the right wasmPaths',
    );
  }
  await start(
    'wasm',
    'wasm did not start',
    'in a browser, serve the .wasm files of @tensorflow/tfjs-backend-wasm/dist and give their folder as wasmPaths',
  );
  return {
    packageName: '@tensorflow/tfjs-backend-wasm',
    version: wasm.version_wasm,
    threads: wasm.getThreadsCount(),
  };
}

async function start(engineName: string, problem: string, remedy: string): Promise<void> {
  const factory: unknown = findBackendFactory(engineName);
  if (factory === null || factory === undefined || !(await setBackend(engineName))) {
    throw new UnavailableError(problem, remedy);
  }
}
