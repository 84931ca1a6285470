import { engine } from '@tensorflow/tfjs';
import type { Activation, WasmPaths } from './activate.ts';
import { messageOf } from './message-of.ts';
import { restartEngine } from './restart-engine.ts';
import { startEngine } from './start-engine.ts';
import { UnavailableError } from './unavailable-error.ts';
import { planThreads } from './wasm/plan-threads.ts';
import type { ThreadPlan, Wasm } from './wasm/plan-threads.ts';

/** What WASM was last started for. */
let last: { readonly threads: number | undefined; readonly note: string | undefined } | undefined;

/**
 * Makes tfjs compute on WASM with `threads` threads, or throws an {@link UnavailableError}. Where there can't be as many it
 * takes what there is, and notes why. Without a wish what runs keeps running, and a first start takes the host's default.
 */
export async function activateWasm(
  wasmPaths: WasmPaths | undefined,
  threads: number | undefined,
): Promise<Activation> {
  // Imported here, as the import itself registers a back end.
  const wasm = await import('@tensorflow/tfjs-backend-wasm');
  setPaths(wasm, wasmPaths);
  if (isFit(wasm, threads)) await startEngine('wasm', problem, remedy);
  else await start(wasm, await planThreads(wasm, wasmPaths, threads), threads);
  return {
    packageName: '@tensorflow/tfjs-backend-wasm',
    version: wasm.version_wasm,
    threads: wasm.getThreadsCount(),
    ...(last?.note === undefined ? {} : { note: last.note }),
  };
}

const problem = 'wasm did not start';
const remedy =
  'in a browser, serve the .wasm files of @tensorflow/tfjs-backend-wasm/dist and give their folder as wasmPaths';

/** Whether an instance runs that does what is asked for. */
function isFit(wasm: Wasm, threads: number | undefined): boolean {
  if (!('wasm' in engine().registry)) return false;
  return threads === undefined || threads === last?.threads || threads === wasm.getThreadsCount();
}

async function start(wasm: Wasm, plan: ThreadPlan, threads: number | undefined): Promise<void> {
  const before = engine().registry['wasm'];
  if (!(await restartEngine('wasm', plan.factory, 2))) throw new UnavailableError(problem, remedy);
  if (before instanceof wasm.BackendWasm) endThreads(before);
  const count = wasm.getThreadsCount();
  const isLess = plan.note === undefined && threads !== undefined && count < threads;
  last = {
    threads,
    note: isLess ? `${threads} threads were asked for, and WASM takes ${count} here` : plan.note,
  };
}

/** Ends the threads of an instance that has no tensors left to give. */
function endThreads(before: InstanceType<Wasm['BackendWasm']>): void {
  // Without threads it is left alone, as in Node its dispose takes every listener of the process away.
  if ('PThread' in before.wasm && before.numDataIds() === 0) before.dispose();
}

function setPaths(wasm: Wasm, wasmPaths: WasmPaths | undefined): void {
  if (wasmPaths === undefined) return;
  try {
    wasm.setWasmPaths(typeof wasmPaths === 'string' ? wasmPaths : { ...wasmPaths });
  } catch (error) {
    // After a failed start it takes no other paths, nor a map that lacks a file.
    throw new UnavailableError(
      `wasm did not start (${messageOf(error)})`,
      'reload with the right wasmPaths',
    );
  }
}
