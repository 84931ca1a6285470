import { getBackend } from '@tensorflow/tfjs';
import { platform } from '#platform';
import { activate } from './activate.ts';
import type { WasmPaths } from './activate.ts';
import { parseBackendName } from './backend-name.ts';
import type { BackendName } from './backend-name.ts';
import { describeBackend, remember } from './describe-backend.ts';
import type { BackendDescription } from './describe-backend.ts';
import { hasKernelLibrary } from './native/library/note-kernel-library.ts';
import { applyOverrides } from './overrides/apply-overrides.ts';
import { allOverrideNames } from './overrides/overrides-of.ts';
import { prepareOverrides } from './overrides/prepare-overrides.ts';
import { nativeRemedy } from './native-remedy.ts';
import { UnavailableError } from './unavailable-error.ts';

/** Options of {@link useBackend}. */
export interface UseBackendOptions {
  /**
   * The back end to use; it throws when that one can't be used here.
   * @default the environment variable TFLOOP_BACKEND, else the first of native, wasm and cpu that works
   */
  readonly backend?: BackendName;
  /**
   * Where the `.wasm` files are served in a browser: a folder's URL with its closing slash, or a URL for each file name.
   * Read when WASM starts, so later calls can't change it.
   * @default beside the script; in Node, the installed package
   */
  readonly wasmPaths?: WasmPaths;
  /**
   * Threads of WASM and native, a whole number from 1. Where there can't be as many, and on other back ends, which decide
   * for themselves, `reason` says why. Asking for another number than runs starts WASM anew, and tensors move to it as
   * they are used; native takes the number of the call that loads it.
   * @default the environment variable TFLOOP_THREADS, else what runs, else 1 in Node and what tfjs picks in a browser, and
   * on native TF_NUM_INTRAOP_THREADS, else one for each core
   */
  readonly threads?: number;
  /**
   * Overrides to leave off, by the names that `describeBackend().overrides` lists; those in place are taken out. Names of
   * another back end's overrides are taken too, so that one list serves whichever is found; they change nothing. Those that
   * native has as kernels in C are left off by the same names; TFLOOP_C_KERNELS=off leaves out the kernels alone.
   * @default none
   */
  readonly without?: readonly string[];
  /**
   * Gets the one line that says which back end is used and why, when a call changes it.
   * @default console.error in Node, which keeps standard output clean; console.info in a browser
   */
  readonly log?: (line: string) => void;
}

/** Back ends that are tried when none is asked for, first that which is the fastest with large networks. */
const preference: readonly BackendName[] = ['native', 'wasm', 'cpu'];

/**
 * Makes the first of native, WASM and CPU that works here the one that tfjs computes on, and makes it able to train.
 * Calling it again is harmless; asking for another back end switches.
 * Throws a RangeError for an unknown name or option, and an Error that says how to get it for one that can't be used here.
 */
export async function useBackend(options: UseBackendOptions = {}): Promise<BackendDescription> {
  refuseUnknown(options);
  const wish = wishOf(options.backend);
  const threads = threadsOf(options.threads);
  const turn = last.then(() => change(options, wish, threads));
  last = turn.catch(() => undefined);
  return turn;
}

/** Settled when the last call is done: two at once would change the engine under one another. */
let last: Promise<unknown> = Promise.resolve();

async function change(
  { wasmPaths, without = [], log = platform.log }: UseBackendOptions,
  wish: Wish | undefined,
  threads: number | undefined,
): Promise<BackendDescription> {
  const before: string | null | undefined = getBackend();
  const reason = await (wish === undefined
    ? startFirst(wasmPaths, threads)
    : startWished(wish, wasmPaths, threads));
  await prepareOverrides(getBackend());
  applyOverrides(getBackend(), without);
  const description = describeBackend();
  const { engineName } = description;
  if (engineName !== before || announced.get(engineName) !== description.threads) {
    announced.set(engineName, description.threads);
    log(lineOf({ ...description, reason }));
  }
  return description;
}

function refuseUnknown(options: UseBackendOptions): void {
  const given: unknown = options;
  if (typeof given !== 'object' || given === null)
    throw new TypeError(`useBackend: options must be an object, got ${JSON.stringify(given)}`);
  const known = ['backend', 'wasmPaths', 'threads', 'without', 'log'];
  const unknown = Object.keys(options).find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw new RangeError(
      `useBackend: there is no option "${unknown}"; the options are ${known.join(', ')}`,
    );
  const { without = [], log, wasmPaths } = options as Readonly<Record<string, unknown>>;
  if (!Array.isArray(without))
    throw new TypeError(
      `useBackend: without must be a list of overrides' names, got ${JSON.stringify(without)}`,
    );
  if (log !== undefined && typeof log !== 'function')
    throw new TypeError(`useBackend: log must be a function, got ${JSON.stringify(log)}`);
  if (wasmPaths !== undefined && !isPaths(wasmPaths))
    throw new TypeError(
      `useBackend: wasmPaths must be a folder's URL, which ends in /, or a URL for each of ${wasmFiles.join(', ')}, got ${JSON.stringify(wasmPaths)}`,
    );
  const names = allOverrideNames();
  const unknownAt = without.findIndex((name) => !names.includes(name as string));
  if (unknownAt !== -1)
    throw new RangeError(
      `useBackend: without must name overrides, got ${JSON.stringify(without[unknownAt])}; there are ${names.join(', ')}`,
    );
}

const wasmFiles = ['', '-simd', '-threaded-simd'].map((kind) => `tfjs-backend-wasm${kind}.wasm`);

function isPaths(value: unknown): boolean {
  if (typeof value === 'string') return value.endsWith('/');
  return (
    typeof value === 'object' &&
    value !== null &&
    Object.keys(value).every((name) => wasmFiles.includes(name))
  );
}

/** Threads of each back end that a line has been said about; nothing has of one that something else started. */
const announced = new Map<string, number>();

function threadsOf(option: number | undefined): number | undefined {
  const variable = platform.env('TFLOOP_THREADS');
  if (option !== undefined) return parseThreads(option, 'threads', option);
  if (variable === undefined || variable === '') return undefined;
  return parseThreads(Number(variable), 'TFLOOP_THREADS', variable);
}

/** More than any machine has cores; TensorFlow starts whatever it is told, until nothing moves any more. */
const MOST_THREADS = 1024;

function parseThreads(threads: number, source: string, given: unknown): number {
  if (Number.isInteger(threads) && threads >= 1 && threads <= MOST_THREADS) return threads;
  throw new RangeError(
    `useBackend: ${source} must be an integer from 1 to ${MOST_THREADS}, got ${typeof given === 'string' ? JSON.stringify(given) : String(given)}`,
  );
}

interface Wish {
  readonly name: BackendName;
  readonly source: string;
}

function wishOf(option: string | undefined): Wish | undefined {
  if (option !== undefined) {
    return { name: parseBackendName(option, 'backend'), source: 'the backend option' };
  }
  const variable = platform.env('TFLOOP_BACKEND');
  if (variable === undefined || variable === '') return undefined;
  return { name: parseBackendName(variable, 'TFLOOP_BACKEND'), source: 'TFLOOP_BACKEND' };
}

async function startWished(
  { name, source }: Wish,
  wasmPaths: WasmPaths | undefined,
  threads: number | undefined,
): Promise<string> {
  return start(name, wasmPaths, threads, `asked for by ${source}`);
}

async function startFirst(
  wasmPaths: WasmPaths | undefined,
  threads: number | undefined,
): Promise<string> {
  const problems: string[] = [];
  for (const name of preference) {
    try {
      const reason =
        problems.length === 0 ? 'the first of those that are tried' : problems.join(', ');
      return await start(name, wasmPaths, threads, reason);
    } catch (error) {
      if (!(error instanceof UnavailableError)) throw error;
      // Who did not ask for it may not know that it can be had.
      const isToBeHad = error.remedy === nativeRemedy;
      problems.push(isToBeHad ? `${error.problem} (${nativeRemedy})` : error.problem);
    }
  }
  throw new Error(`useBackend: no back end works here: ${problems.join(', ')}`);
}

async function start(
  name: BackendName,
  wasmPaths: WasmPaths | undefined,
  threads: number | undefined,
  why: string,
): Promise<string> {
  const { note, ...activation } = await activate(name, wasmPaths, threads);
  const reason = note === undefined ? why : `${why}; ${note}`;
  remember(activation, reason);
  return reason;
}

function lineOf(description: BackendDescription): string {
  const { name, packageName, version, threads, adapter, overrides, lack, reason } = description;
  const place = adapter ?? `${threads} ${threads === 1 ? 'thread' : 'threads'}`;
  const parts = [`${packageName} ${version}`, place];
  if (overrides.length > 0) parts.push(`${overrides.length} overrides for training`);
  if (hasKernelLibrary(description.engineName)) parts.push('kernels in C');
  if (lack !== undefined) parts.push(lack);
  return `@tfloop/backend: ${name} (${parts.join(', ')}): ${reason}`;
}
