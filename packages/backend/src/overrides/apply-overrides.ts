import { overridesOf } from './overrides-of.ts';

/** Puts a back end's overrides in place, and takes out those that are left off by name. */
export function applyOverrides(engineName: string, without: readonly string[]): void {
  for (const override of overridesOf(engineName))
    if (without.includes(override.name)) override.remove();
    else override.install();
}

/** Names of the overrides of a back end that are in place, in alphabetical order. */
export function installedOverrides(engineName: string): string[] {
  return overridesOf(engineName)
    .filter((override) => override.installed())
    .map(({ name }) => name)
    .sort();
}
