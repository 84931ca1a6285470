import { engine } from '@tensorflow/tfjs';
import { platform } from '#platform';
import type { Activation, WasmPaths } from './activate.ts';
import { messageOf } from './message-of.ts';
import { restartEngine } from './restart-engine.ts';
import { startEngine } from './start-engine.ts';
import { UnavailableError } from './unavailable-error.ts';
import { planThreads } from './wasm/plan-threads.ts';
import type { ThreadPlan, Wasm } from './wasm/plan-threads.ts';

/** The last wish that WASM could not grant in full, where another start would not either; and why it got less. */
let last: { readonly capped: number | undefined; readonly note: string | undefined } | undefined;

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
  const removeListeners = platform.noteListeners();
  try {
    if (runs() && isGranted(wasm, threads)) await startEngine('wasm', problem, remedy);
    else await start(wasm, await planThreads(wasm, wasmPaths, threads), threads);
  } finally {
    removeListeners();
  }
  return {
    packageName: '@tensorflow/tfjs-backend-wasm',
    version: wasm.version_wasm,
    threads: wasm.getThreadsCount(),
    ...(last?.note === undefined ? {} : { note: last.note }),
  };
}

const problem = 'wasm did not start';
const remedy =
  'give the folder of the .wasm files of @tensorflow/tfjs-backend-wasm/dist, in a browser where they are served, as wasmPaths';

function runs(): boolean {
  return 'wasm' in engine().registry;
}

/** Whether what runs is all that the wish can come to. */
function isGranted(wasm: Wasm, threads: number | undefined): boolean {
  if (threads === undefined || threads === last?.capped) return true;
  if (threads !== wasm.getThreadsCount()) return false;
  last = undefined;
  return true;
}

async function start(wasm: Wasm, plan: ThreadPlan, threads: number | undefined): Promise<void> {
  if (runs() && plan.threads === wasm.getThreadsCount()) {
    await startEngine('wasm', problem, remedy);
  } else {
    const before = engine().registry['wasm'];
    if (!(await restartEngine('wasm', plan.factory, 2)))
      throw new UnavailableError(problem, remedy);
    if (before instanceof wasm.BackendWasm) endThreads(before);
  }
  const count = wasm.getThreadsCount();
  const isCapped = plan.note === undefined && threads !== undefined && count < threads;
  last = isCapped
    ? {
        capped: threads,
        note: `${threads} threads were asked for, and WASM takes ${count} here`,
      }
    : { capped: undefined, note: plan.note };
}

/** Ends the threads of an instance as soon as it has no tensors left to give: they keep its memory. */
function endThreads(before: InstanceType<Wasm['BackendWasm']>): void {
  // Without threads it is left alone, as in Node its dispose takes every listener of the process away.
  if (!('PThread' in before.wasm)) return;
  const disposeData = before.disposeData.bind(before);
  const endIfEmpty = (): void => {
    if (before.numDataIds() > 0) return;
    before.disposeData = disposeData;
    before.dispose();
  };
  before.disposeData = (dataId, force) => {
    const isGone = disposeData(dataId, force);
    endIfEmpty();
    return isGone;
  };
  endIfEmpty();
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
