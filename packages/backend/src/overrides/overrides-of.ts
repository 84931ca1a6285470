import { nativeOverrides } from '../native/native-overrides.ts';
import { wasmOverrides } from '../wasm/wasm-overrides.ts';
import type { Override } from './override.ts';

/** Everything that `useBackend` puts in place for a back end, by the engine's name of it. */
export function overridesOf(engineName: string): readonly Override[] {
  return byEngine[engineName] ?? [];
}

/** Names of all overrides of all back ends, in alphabetical order. */
export function allOverrideNames(): readonly string[] {
  const names = Object.values(byEngine).flatMap((overrides) => overrides.map(({ name }) => name));
  return [...new Set(names)].sort();
}

const byEngine: Readonly<Record<string, readonly Override[]>> = {
  wasm: wasmOverrides,
  tensorflow: nativeOverrides,
};
