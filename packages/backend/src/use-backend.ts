import { getBackend } from '@tensorflow/tfjs';
import { platform } from '#platform';
import { activate } from './activate.ts';
import type { WasmPaths } from './activate.ts';
import { parseBackendName } from './backend-name.ts';
import type { BackendName } from './backend-name.ts';
import { describeBackend, remember } from './describe-backend.ts';
import type { BackendDescription } from './describe-backend.ts';
import { applyOverrides } from './overrides/apply-overrides.ts';
import { allOverrideNames } from './overrides/overrides-of.ts';
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
   * Overrides to leave off, by the names that `describeBackend().overrides` lists; those in place are taken out.
   * @default none
   */
  readonly without?: readonly string[];
  /**
   * Gets the one line that says which back end is used and why, when a call changes it.
   * @default console.error in Node, which keeps standard output clean; console.info in a browser
   */
  readonly log?: (line: string) => void;
}

/** Back ends that are tried when none is asked for, fastest first. */
const preference: readonly BackendName[] = ['native', 'wasm', 'cpu'];

/**
 * Makes the fastest back end that works here the one that tfjs computes on, and makes WASM able to train.
 * Calling it again is harmless; asking for another back end switches.
 * Throws a RangeError for an unknown name or option, and an Error that says how to get it for one that can't be used here.
 */
export async function useBackend(options: UseBackendOptions = {}): Promise<BackendDescription> {
  refuseUnknown(options);
  const { backend, wasmPaths, without = [], log = platform.log } = options;
  const before: string | null | undefined = getBackend();
  const wish = wishOf(backend);
  const reason =
    wish === undefined ? await startFirst(wasmPaths) : await startWished(wish, wasmPaths);
  applyOverrides(getBackend(), without);
  const description = describeBackend();
  if (description.engineName !== before || !isAnnounced.has(description.engineName)) {
    isAnnounced.add(description.engineName);
    log(lineOf({ ...description, reason }));
  }
  return description;
}

function refuseUnknown(options: UseBackendOptions): void {
  const known = ['backend', 'wasmPaths', 'without', 'log'];
  const unknown = Object.keys(options).find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw new RangeError(
      `useBackend: there is no option "${unknown}"; the options are ${known.join(', ')}`,
    );
  const names = allOverrideNames();
  const missing = options.without?.find((name) => !names.has(name));
  if (missing !== undefined)
    throw new RangeError(
      `useBackend: without must name overrides that there are, got "${missing}"; describeBackend().overrides lists those in place`,
    );
}

/** Back ends that a line has been said about; a back end that something else started has not. */
const isAnnounced = new Set<string>();

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

async function startWished({ name, source }: Wish, wasmPaths?: WasmPaths): Promise<string> {
  const reason = `asked for by ${source}`;
  remember(await activate(name, wasmPaths), reason);
  return reason;
}

async function startFirst(wasmPaths?: WasmPaths): Promise<string> {
  const problems: string[] = [];
  for (const name of preference) {
    try {
      const activation = await activate(name, wasmPaths);
      const reason = problems.length === 0 ? 'the fastest' : problems.join(', ');
      remember(activation, reason);
      return reason;
    } catch (error) {
      if (!(error instanceof UnavailableError)) throw error;
      problems.push(error.problem);
    }
  }
  throw new Error(`useBackend: no back end works here: ${problems.join(', ')}`);
}

function lineOf(description: BackendDescription): string {
  const { name, packageName, version, threads, overrides, reason } = description;
  const parts = [`${packageName} ${version}`, `${threads} ${threads === 1 ? 'thread' : 'threads'}`];
  if (overrides.length > 0) parts.push(`${overrides.length} overrides for training`);
  return `@tfloop/backend: ${name} (${parts.join(', ')}): ${reason}`;
}
