import { createRequire } from 'node:module';
import * as tf from '@tensorflow/tfjs';
import { UnavailableError, useBackend } from '@tfloop/backend';
import { Absent } from './answers.ts';
import { errorLine } from './error-line.ts';

/** Starts a back end with our kernels and so many threads; says what it is. */
export async function startOurs(backend: 'native' | 'wasm', threads: number): Promise<string> {
  try {
    const started = await useBackend({ backend, threads, log: () => undefined });
    if (started.threads !== threads) throw new Absent(started.reason);
    return `${started.packageName} ${started.version}, ${started.overrides.length} kernels of ours`;
  } catch (error) {
    throw error instanceof UnavailableError ? new Absent(error.message) : error;
  }
}

/** Starts a back end as TensorFlow.js publishes it. */
export async function startStock(backend: 'native' | 'wasm'): Promise<string> {
  const [packageName, engineName] = STOCK[backend];
  try {
    // As useBackend loads them, so that there is one engine.
    createRequire(import.meta.url)(packageName);
  } catch (error) {
    throw new Absent(`stock ${packageName}: ${errorLine(error)}`);
  }
  if (!(await tf.setBackend(engineName))) throw new Absent(`stock ${packageName} does not start`);
  return `${packageName} ${tf.version['tfjs-core']}, stock`;
}

const STOCK = {
  native: ['@tensorflow/tfjs-node', 'tensorflow'],
  wasm: ['@tensorflow/tfjs-backend-wasm', 'wasm'],
} as const;
