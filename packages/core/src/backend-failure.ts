import * as tf from '@tensorflow/tfjs';
import type { LoopState } from './loop-state.ts';
import { exampleCount, type Tensors } from './tensors.ts';
import { lastCheckpoint, where } from './where.ts';

/** Memory ran out in a batch: the message says which, how much was held and what to do; `cause` is the error itself. */
export class OutOfMemoryError extends Error {
  constructor(message: string, cause: unknown) {
    super(message, { cause });
    this.name = 'OutOfMemoryError';
  }
}

/** A kernel of the WASM back end failed in a way that says nothing of the reason; `cause` is the error itself. */
export class TrapError extends Error {
  constructor(message: string, cause: unknown) {
    super(message, { cause });
    this.name = 'TrapError';
  }
}

/** What back ends and the hosts below them say where there is no more memory. */
const SIGNS = [
  // Typed arrays: V8, JavaScriptCore, SpiderMonkey.
  /array buffer allocation failed/i,
  /invalid (typed )?array length: \d/i,
  /length out of range of buffer/i,
  /allocation size overflow/i,
  // Everybody: WebGL's OUT_OF_MEMORY, WebGPU's and a browser's "out of memory", Emscripten's abort(OOM).
  /out[ _]of[ _]memory/i,
  /\boom\b/i,
  // WebAssembly.
  /^Aborted\(/,
  /cannot enlarge memory/i,
  /maximum memory size exceeded/i,
  // TensorFlow.
  /resource_?exhausted/i,
  // WebGL: a context is taken away from who asks for too much.
  /context[ _]lost/i,
  /unable to create webgltexture/i,
];

/** Whether an error, or what caused it, says that memory ran out. */
function isOutOfMemory(error: unknown): boolean {
  return comesFrom(error, ({ message }) => SIGNS.some((sign) => sign.test(message)));
}

/** Whether WebAssembly has trapped: a kernel read or wrote where it must not, divided by zero, or gave up. */
function isTrap(error: unknown): boolean {
  return comesFrom(error, ({ name }) => name === 'RuntimeError');
}

function comesFrom(error: unknown, is: (error: Error) => boolean): boolean {
  return error instanceof Error && (is(error) || comesFrom(error.cause, is));
}

/**
 * The error to throw in place of one: an {@link OutOfMemoryError} where it says that memory ran out, a {@link TrapError}
 * where WebAssembly trapped on the back end made of it, else itself.
 */
export function explainBackendFailure(loop: LoopState, error: unknown): unknown {
  if (error instanceof OutOfMemoryError || error instanceof TrapError) return error;
  const onWasm = tf.getBackend() === 'wasm';
  const outOfMemory = isOutOfMemory(error);
  if (!outOfMemory && !(onWasm && isTrap(error))) return error;
  const { numTensors, numBytes } = tf.memory();
  const x = loop.x as Tensors | undefined;
  const size = x ? ` of ${exampleCount(x)} examples` : '';
  const what =
    `${where(loop)}${size}: ${(error as Error).message.replace(/\.$/, '')}. ` +
    `TensorFlow.js held ${numTensors} tensors, ${(numBytes / 2 ** 20).toFixed(1)} MiB. `;
  // An allocation that was refused has done no harm, what has aborted or trapped may have.
  const after =
    (onWasm && isTrap(error) ? ' The WASM back end may not recover: go on in a new process.' : '') +
    lastCheckpoint(loop);
  return outOfMemory
    ? new OutOfMemoryError(
        `Learner: memory ran out in ${what}Make the batches or the model smaller, or leave out callbacks that keep tensors.${after}`,
        error,
      )
    : new TrapError(
        `Learner: WebAssembly failed in ${what}Either memory had run out before, or a kernel can't do what it was asked for: try the CPU back end.${after}`,
        error,
      );
}
