import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { WasmPaths } from '../activate.ts';
import type { WasmModule } from './platform.ts';
import { withoutTraces } from './without-traces.ts';

const folder = '@tensorflow/tfjs-backend-wasm/wasm-out/';
const name = 'tfjs-backend-wasm-threaded-simd';

/**
 * Loads WASM's threaded build in Node, where tfjs takes the one without threads. Emscripten's loader is given workers that
 * run its own worker script, as many as there are threads to start, and they don't keep the process alive.
 */
export async function loadThreadedWasm(
  threads: number,
  wasmPaths: WasmPaths | undefined,
): Promise<WasmModule> {
  const require = createRequire(import.meta.url);
  const script = require.resolve(`${folder}${name}.js`);
  const file = given(wasmPaths) ?? join(dirname(script), `${name}.wasm`);
  const compiled = await WebAssembly.compile(await readFile(file));
  const { wasmWorkerContents } = require(`${folder}${name}.worker.js`) as WorkerScript;
  // Line breaks within its string literals have come out as real ones.
  const code = wasmWorkerContents.replaceAll('\n', '\\n');
  const helpers = threads - 1;
  const workers: Worker[] = [];
  let fail: (error: unknown) => void = () => undefined;
  const failure = new Promise<never>((_, reject) => (fail = reject));
  function PoolWorker(): object {
    // The loader always makes eight; what is too many is not used.
    if (workers.length === helpers) return {};
    // The program's own --import and the like are not for them.
    const worker = new Worker(code, { eval: true, execArgv: [] });
    worker.once('exit', () => fail(new Error('a thread of WASM has ended')));
    workers.push(worker);
    return worker;
  }
  const config: Config = {
    mainScriptUrlOrBlob: script,
    locateFile: (path) => path,
    instantiateWasm(imports, receive) {
      // From here on it waits until all in the pool are ready.
      config.PThread?.unusedWorkers.splice(helpers);
      // WASM takes at most half of the cores that it hears of.
      imports['env'] = { ...imports['env'], emscripten_num_logical_cores: () => 2 * threads };
      // The loader itself waits for ever where this fails.
      WebAssembly.instantiate(compiled, imports).then(
        (instance) => receive(instance, compiled),
        fail,
      );
      return {};
    },
  };
  const load = require(script) as (config: Config) => Promise<ThreadedModule>;
  const module = await Promise.race([failure, withoutTraces(PoolWorker, () => load(config))]).catch(
    (error: unknown) => {
      for (const worker of workers) void worker.terminate();
      throw error;
    },
  );
  module.tfjs = {
    init: module.cwrap('init', null, []),
    initWithThreadsCount(count: number) {
      module.cwrap('init_with_threads_count', null, ['number'])(count);
      // Threads that wait for work would keep the process from ending.
      for (const worker of module.PThread.runningWorkers) worker.unref();
    },
    getThreadsCount: module.cwrap('get_threads_count', 'number', []),
    registerTensor: module.cwrap('register_tensor', null, ['number', 'number', 'number']),
    disposeData: module.cwrap('dispose_data', null, ['number']),
    // The memory goes as a whole; the loader's own would take every listener of the process away.
    dispose: () => undefined,
  };
  return module;
}

/** The file that the caller has named, as a path. */
function given(wasmPaths: WasmPaths | undefined): string | undefined {
  const path =
    typeof wasmPaths === 'string' ? `${wasmPaths}${name}.wasm` : wasmPaths?.[`${name}.wasm`];
  return path?.startsWith('file:') === true ? fileURLToPath(path) : path;
}

interface WorkerScript {
  readonly wasmWorkerContents: string;
}

/** What emscripten's loader takes, and adds to. */
interface Config {
  readonly mainScriptUrlOrBlob: string;
  readonly locateFile: (path: string) => string;
  readonly instantiateWasm: (
    imports: WebAssembly.Imports,
    receive: (instance: WebAssembly.Instance, module: WebAssembly.Module) => void,
  ) => object;
  readonly PThread?: { readonly unusedWorkers: Worker[] };
}

/** What its types leave out, as they need emscripten's. */
type ThreadedModule = WasmModule & {
  readonly PThread: { readonly runningWorkers: readonly Worker[] };
  readonly cwrap: (
    name: string,
    result: 'number' | null,
    args: readonly 'number'[],
  ) => (...args: number[]) => number;
};
