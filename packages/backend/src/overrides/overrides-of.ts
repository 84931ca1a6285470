import { hasKernelLibrary } from '../native/library/note-kernel-library.ts';
import { libraryOverrides } from '../native/library/library-overrides.ts';
import { nativeOverrides } from '../native/native-overrides.ts';
import { wasmOverrides } from '../wasm/wasm-overrides.ts';
import type { Override } from './override.ts';

/** Everything that `useBackend` puts in place for a back end, by the engine's name of it. */
export function overridesOf(engineName: string): readonly Override[] {
  switch (engineName) {
    case 'wasm':
      return wasmOverrides;
    case 'tensorflow':
      return hasKernelLibrary(engineName) ? withLibrary : nativeOverrides;
    default:
      return [];
  }
}

/** Names of all overrides of all back ends, in alphabetical order. */
export function allOverrideNames(): readonly string[] {
  const all = [...wasmOverrides, ...withLibrary];
  return [...new Set(all.map(({ name }) => name))].sort();
}

/** Native's, those of the kernels in C in the place of their namesakes. */
const withLibrary = [
  ...new Map([...nativeOverrides, ...libraryOverrides].map((one) => [one.name, one])).values(),
];
