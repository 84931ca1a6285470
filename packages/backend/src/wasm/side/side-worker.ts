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
 * The program of a worker: it waits for a job number that is new, runs the kernel of that number in the module's list of
 * exports, and says that it is done. Text, as bundlers know no better way to ship a worker that runs everywhere.
 */
export const workerSource = `
const start = ({ module, memory, control }) => {
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  const kernels = WebAssembly.Module.exports(module).map(({ name }) => exports[name]);
  const state = new Int32Array(control, 0, 8);
  const args = new Float64Array(control, ${args.begin}, ${args.most});
  post('ready');
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
};
let post;
if (typeof self === 'undefined') {
  const { parentPort } = require('node:worker_threads');
  post = (message) => parentPort.postMessage(message);
  parentPort.once('message', start);
} else {
  post = (message) => self.postMessage(message);
  self.onmessage = ({ data }) => start(data);
}
`;
