import type { Helper } from '../../platform/platform.ts';
import { platform } from '#platform';
import { inOrder } from './side-kernels.ts';
import type { SideArguments, SideKernelName, SideKernels } from './side-kernels.ts';
import { args, place, workerSource } from './side-worker.ts';

/** Threads that run kernels of the side module, each a part of the work, on the memory that they share. */
export interface SidePool {
  /** How many parts may run at once, the caller's own among them. */
  readonly threads: number;
  /** Runs a kernel once for each list of arguments, no more than there are threads, and returns when all are done. */
  run<Name extends SideKernelName>(name: Name, calls: readonly SideArguments<Name>[]): void;
  /** Ends the threads. */
  close(): void;
}

/** Starts `helpers` threads beside the caller's; throws where that can't be. */
export async function startSidePool(
  module: WebAssembly.Module,
  memory: WebAssembly.Memory,
  own: SideKernels,
  helpers: number,
): Promise<SidePool> {
  const indices = new Map(WebAssembly.Module.exports(module).map(({ name }, i) => [name, i]));
  const workers: Member[] = [];
  const close = (): void => workers.splice(0).forEach(({ helper }) => helper.end());
  try {
    for (let i = 0; i < helpers; i++) workers.push(member());
    await Promise.all(
      workers.map(({ helper, control }) => helper.start({ module, memory, control })),
    );
  } catch (error) {
    close();
    throw error;
  }
  return {
    threads: helpers + 1,
    run(name, calls) {
      const [first, ...others] = calls;
      const busy = others.map((call, i) =>
        post(workers[i], indices.get(name) ?? 0, inOrder(name, call)),
      );
      if (first) own[name](first);
      for (const worker of busy) wait(worker, name);
    },
    close,
  };
}

interface Member {
  readonly helper: Helper;
  readonly control: SharedArrayBuffer;
  readonly state: Int32Array;
  readonly args: Float64Array;
}

function member(): Member {
  const control = new SharedArrayBuffer(args.begin + args.most * Float64Array.BYTES_PER_ELEMENT);
  return {
    helper: platform.spawn(workerSource),
    control,
    state: new Int32Array(control, 0, args.begin / Int32Array.BYTES_PER_ELEMENT),
    args: new Float64Array(control, args.begin, args.most),
  };
}

/** Gives a worker a job. */
function post(worker: Member | undefined, kernel: number, call: readonly number[]): Member {
  if (!worker) throw new RangeError('@tfloop/backend: more parts than threads');
  worker.args.set(call);
  worker.state[place.kernel] = kernel;
  worker.state[place.count] = call.length;
  worker.state[place.failed] = 0;
  Atomics.add(worker.state, place.posted, 1);
  Atomics.notify(worker.state, place.posted);
  return worker;
}

/** Loads before a thread goes to sleep, as parts end at about the same time. */
const SPINS = 20_000;

function wait({ state }: Member, name: string): void {
  const job = Atomics.load(state, place.posted);
  for (let spins = 0; Atomics.load(state, place.done) !== job; spins++)
    if (spins >= SPINS && mayBlock) sleep(state);
  if (state[place.failed] !== 0)
    throw new Error(`@tfloop/backend: a part of the kernel ${name} failed in its thread`);
}

/** A browser's main thread may not sleep, and goes on looking. */
let mayBlock = true;

function sleep(state: Int32Array): void {
  const job = Atomics.load(state, place.posted);
  try {
    Atomics.wait(state, place.done, job - 1);
  } catch {
    mayBlock = false;
  }
}
