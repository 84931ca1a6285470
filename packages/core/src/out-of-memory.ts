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
export function isOutOfMemory(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  // WebAssembly traps. Kernels of TensorFlow.js write to where there is nothing if an allocation has failed.
  if (error.name === 'RuntimeError') return true;
  return SIGNS.some((sign) => sign.test(error.message)) || isOutOfMemory(error.cause);
}

/** The error to throw in place of one: an {@link OutOfMemoryError} where it says that memory ran out, else itself. */
export function explainOutOfMemory(loop: LoopState, error: unknown): unknown {
  if (error instanceof OutOfMemoryError || !isOutOfMemory(error)) return error;
  const { numTensors, numBytes } = tf.memory();
  const x = loop.x as Tensors | undefined;
  const size = x ? ` of ${exampleCount(x)} examples` : '';
  return new OutOfMemoryError(
    `Learner: memory ran out in ${where(loop)}${size}: ${(error as Error).message.replace(/\.$/, '')}. ` +
      `TensorFlow.js held ${numTensors} tensors, ${(numBytes / 2 ** 20).toFixed(1)} MiB. ` +
      'Make the batches or the model smaller, or leave out callbacks that keep tensors.' +
      (tf.getBackend() === 'wasm'
        ? ' The WASM back end may not recover: go on in a new process.'
        : '') +
      lastCheckpoint(loop),
    error,
  );
}
