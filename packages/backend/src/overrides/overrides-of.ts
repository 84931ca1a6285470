import { nativeOverrides } from '../native/native-overrides.ts';
import { wasmOverrides } from '../wasm/wasm-overrides.ts';
import type { Override } from './override.ts';

/** Everything that `useBackend` puts in place for a back end, by the engine's name of it. */
export function overridesOf(engineName: string): readonly Override[] {
  return byEngine[engineName] ?? [];
}

/** Names of all overrides of all back ends. */
export function allOverrideNames(): ReadonlySet<string> {
  return new Set(Object.values(byEngine).flatMap((overrides) => overrides.map(({ name }) => name)));
}

const byEngine: Readonly<Record<string, readonly Override[]>> = {
  wasm: wasmOverrides,
  tensorflow: nativeOverrides,
};
