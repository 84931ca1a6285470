import { findBackendFactory } from '@tensorflow/tfjs';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { dirname } from 'node:path';
import { isMainThread } from 'node:worker_threads';
import { hasKernelSources, kernelLibrary } from '../kernel-library.ts';
import { messageOf } from '../message-of.ts';
import { nativeRemedy } from '../native-remedy.ts';
import { offerWebgpu } from './dawn.ts';
import { noteListeners } from './emscripten-listeners.ts';
import { loadThreadedWasm } from './load-threaded-wasm.ts';
import type { NativeLoad, NativePackage, Platform } from './platform.ts';
import { restoreUtil } from './restore-util.ts';
import { spawn } from './spawn.ts';

/** Node: native packages are CommonJS and optional, so they are required at run time and never imported. */
export const platform: Platform = {
  env: (name) => process.env[name],
  // Standard error keeps pipes of results clean.
  log: (line) => console.error(line),
  cores: availableParallelism,
  wasmThreads: () => ({ byDefault: 1, load: loadThreadedWasm }),
  noteListeners,
  spawn,
  loadNative,
  loadKernels,
  offerWebgpu,
};

const candidates: readonly NativePackage[] = ['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node'];

/** Where TensorFlow is told its threads. */
const THREADS = 'TF_NUM_INTRAOP_THREADS';

function loadNative(threads: number | undefined): NativeLoad {
  restoreUtil();
  const inherited = process.env[THREADS];
  const loaded: unknown = findBackendFactory('tensorflow');
  // TensorFlow reads it when it is loaded, and never again; what a worker thread sets does not reach it.
  if (threads !== undefined && isMainThread && (loaded === null || loaded === undefined))
    process.env[THREADS] = String(threads);
  const problems: string[] = [];
  for (const packageName of candidates) {
    try {
      // Within the try, as a CommonJS bundle has no import.meta.url.
      const require = createRequire(import.meta.url);
      const loaded = require(packageName) as { version?: Record<string, string> };
      const version = loaded.version?.['tfjs-node'] ?? loaded.version?.['tfjs-core'] ?? 'unknown';
      return { packageName, version };
    } catch (error) {
      problems.push(problemOf(packageName, error));
    }
  }
  if (inherited === undefined) Reflect.deleteProperty(process.env, THREADS);
  else process.env[THREADS] = inherited;
  return { problems, remedy: nativeRemedy };
}

function problemOf(packageName: NativePackage, error: unknown): string {
  const message = messageOf(error);
  const isMissing = message.startsWith(`Cannot find module '${packageName}'`);
  const firstLine = message.trim().split('\n', 1)[0] ?? '';
  return isMissing
    ? `${packageName} is not installed`
    : `${packageName} does not load (${firstLine})`;
}

function loadKernels(): string | undefined {
  const wish = process.env['TFLOOP_C_KERNELS'] ?? '';
  if (!['', 'on', 'off'].includes(wish))
    throw new RangeError(
      `useBackend: TFLOOP_C_KERNELS must be on or off, got ${JSON.stringify(wish)}`,
    );
  if (wish === 'off') return 'TFLOOP_C_KERNELS is off';
  try {
    const require = createRequire(import.meta.url);
    if (!hasKernelSources())
      return 'this is a bundle without them: leave @tfloop/backend out of it, as an external package';
    for (const packageName of candidates) {
      const folder = folderOf(require, packageName);
      const library = folder === undefined ? undefined : kernelLibrary(folder);
      if (library === undefined || !existsSync(library)) continue;
      process.dlopen({ exports: {} }, library);
      return undefined;
    }
    return 'they are not built: `npx tfloop-native` compiles them';
  } catch (error) {
    return `they do not load (${messageOf(error).trim().split('\n', 1)[0] ?? ''}): \`npx tfloop-native\` compiles them anew`;
  }
}

function folderOf(require: NodeJS.Require, packageName: NativePackage): string | undefined {
  try {
    return dirname(require.resolve(`${packageName}/package.json`));
  } catch {
    return undefined;
  }
}
