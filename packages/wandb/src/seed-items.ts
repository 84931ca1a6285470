import { parseExtended, stringifyExtended } from './extended-json.ts';

/** The values of a config as the service keeps it, without the reserved ones. */
export function seedConfig(text: string): { key: string; valueJson: string }[] {
  return members(text)
    .filter(({ key }) => key !== '_wandb')
    .map(({ key, value }) => ({
      key,
      valueJson: stringifyExtended((value as { readonly value?: unknown } | null)?.value ?? null),
    }));
}

/** The members of a JSON object. */
export function members(text: string): { key: string; value: unknown; valueJson: string }[] {
  const value = parseExtended(text);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).map(([key, inner]: [string, unknown]) => ({
    key,
    value: inner,
    valueJson: stringifyExtended(inner),
  }));
}
