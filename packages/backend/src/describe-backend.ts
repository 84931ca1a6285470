import { getBackend, version } from '@tensorflow/tfjs';
import { platform } from '#platform';
import type { Activation } from './activate.ts';
import type { BackendName } from './backend-name.ts';
import { nativeThreads } from './native-threads.ts';
import { installedOverrides } from './overrides/apply-overrides.ts';
import { lackOf } from './overrides/prepare-overrides.ts';

/** The back end that tfjs computes on, as {@link describeBackend} finds it. */
export interface BackendDescription {
  /** Our name of it; a back end unknown to this package keeps the engine's name. */
  readonly name: BackendName | (string & {});
  /** The engine's name of it, for `tf.setBackend`. */
  readonly engineName: string;
  /** The npm package that it comes from, or `unknown` when `useBackend` did not start it. */
  readonly packageName: string;
  /** That package's version; tfjs's when `useBackend` did not start it. */
  readonly version: string;
  /** Threads of the processor that its kernels run on. */
  readonly threads: number;
  /** The GPU that it computes on, as its driver names it; absent where there is none or its name is kept secret. */
  readonly adapter?: string;
  /** Kernels, gradients and layers that `useBackend` added or replaced for it, in alphabetical order. */
  readonly overrides: readonly string[];
  /** What is missing among them and why: WASM's fused kernels or native's kernels in C; absent where nothing is. */
  readonly lack?: string;
  /** Why this one: who asked for it, or what the faster ones lacked. */
  readonly reason: string;
}

/** What `useBackend` knows of each back end that it started, by the engine's name. */
const started = new Map<string, Activation & { readonly reason: string }>();

/** Keeps what `useBackend` learned of the back end that is active now. */
export function remember(activation: Activation, reason: string): void {
  started.set(getBackend(), { ...activation, reason });
}

/**
 * Describes the back end that tfjs computes on now.
 * Throws an Error when none has been started: call `await useBackend()` first.
 */
export function describeBackend(): BackendDescription {
  const engineName: string | null | undefined = getBackend();
  if (!engineName) {
    throw new Error(
      'describeBackend: no back end has been started, call `await useBackend()` first',
    );
  }
  const lack = lackOf(engineName);
  return {
    name: engineName === 'tensorflow' ? 'native' : engineName,
    engineName,
    ...(started.get(engineName) ?? {
      packageName: 'unknown',
      version: version['tfjs-core'],
      threads: engineName === 'tensorflow' ? threadsOfNative() : 1,
      reason: 'not started by useBackend',
    }),
    overrides: installedOverrides(engineName),
    ...(lack !== undefined && { lack }),
  };
}

function threadsOfNative(): number {
  return nativeThreads(platform.env('TF_NUM_INTRAOP_THREADS'), platform.cores());
}
