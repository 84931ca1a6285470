/** What the main thread hands to a worker first. */
export interface WorkerStart {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  readonly control: SharedArrayBuffer;
}

/** Places of the control block's integers: what both sides write and wait on. */
export const place = { posted: 0, done: 1, kernel: 2, count: 3, failed: 4 } as const;

/** Where the arguments begin in the control block, in bytes, and how many there may be. */
export const args = { begin: 32, most: 32 } as const;

/**
 * What a worker runs: it waits for a job number that is new, runs the kernel of that number in the module's list of exports,
 * and says that it is done. Text, as bundlers know no better way to ship a worker that runs everywhere.
 */
export const workerSource = `({ module, memory, control }, ready) => {
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  const kernels = WebAssembly.Module.exports(module).map(({ name }) => exports[name]);
  const state = new Int32Array(control, 0, ${args.begin / 4});
  const args = new Float64Array(control, ${args.begin}, ${args.most});
  ready();
  for (let job = 0; ; ) {
    Atomics.wait(state, ${place.posted}, job);
    job = Atomics.load(state, ${place.posted});
    try {
      kernels[state[${place.kernel}]](...args.subarray(0, state[${place.count}]));
    } catch {
      state[${place.failed}] = 1;
    }
    Atomics.store(state, ${place.done}, job);
    Atomics.notify(state, ${place.done});
  }
}`;
