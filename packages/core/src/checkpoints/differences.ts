import type { DataFingerprint, Fingerprint, VariableFingerprint } from './run-state.ts';

/** Every part that can differ. */
export const DIFFERENCES = [
  'epochs',
  'seed',
  'model',
  'optimizer',
  'loss',
  'data',
  'metrics',
  'callbacks',
] as const;

/** A part of a run that may be meant to differ when it is resumed. */
export type Difference = (typeof DIFFERENCES)[number];

/** What differs between the run that was saved and the one at hand, a line each, by part. */
export function differences(
  saved: Fingerprint,
  own: Fingerprint,
): readonly (readonly [part: Difference, line: string])[] {
  const found: [Difference, string][] = [];
  const compare = (part: Difference, what: string, before: unknown, now: unknown): void => {
    const [a, b] = [show(before), show(now)];
    if (a !== b) found.push([part, `${what}: saved ${a}, now ${b}`]);
  };
  compare('epochs', 'epochs', saved.epochs, own.epochs);
  compare('seed', 'seed', saved.seed, own.seed);
  compareByName('model', saved.model, own.model, textOfVariable, compare);
  compare('model', 'options of its layers', short(saved.layers), short(own.layers));
  compareByName('optimizer', [saved.optimizer], [own.optimizer], ({ options }) => options, compare);
  compare('loss', 'loss', saved.loss, own.loss);
  for (const phase of ['train', 'valid'] as const)
    compareData(phase, saved.data[phase], own.data[phase], compare);
  compare('metrics', 'metrics', saved.metrics, own.metrics);
  compare('metrics', 'trainMetrics', saved.trainMetrics, own.trainMetrics);
  compareByName('callbacks', saved.callbacks, own.callbacks, ({ options }) => options, compare);
  return found;
}

type Compare = (part: Difference, what: string, before: unknown, now: unknown) => void;

function compareByName<T extends { readonly name: string }>(
  part: Difference,
  saved: readonly T[],
  own: readonly T[],
  textOf: (value: T) => string,
  compare: Compare,
): void {
  const [before, now] = [byName(saved, textOf), byName(own, textOf)];
  for (const name of new Set([...before.keys(), ...now.keys()]))
    compare(part, `${part} "${name}"`, before.get(name), now.get(name));
  // Where the names agree, their order can still be another one.
  if (before.size === now.size && [...before.keys()].every((name) => now.has(name)))
    compare(part, `order of ${part}`, [...before.keys()], [...now.keys()]);
}

function byName<T extends { readonly name: string }>(
  values: readonly T[],
  textOf: (value: T) => string,
): Map<string, Text> {
  return new Map(values.map((value) => [value.name, { text: textOf(value) }]));
}

function compareData(
  phase: 'train' | 'valid',
  saved: DataFingerprint | null,
  own: DataFingerprint | null,
  compare: Compare,
): void {
  if (!saved || !own) {
    compare('data', `data.${phase}`, saved ? 'given' : 'none', own ? 'given' : 'none');
    return;
  }
  for (const figure of ['batches', 'examples'] as const)
    compare('data', `data.${phase} ${figure}`, saved[figure], own[figure]);
  compare('data', `data.${phase} contents`, short(saved.digest), short(own.digest));
}

function short(digest: string | null): string | null {
  return digest && `digest ${digest.slice(0, 8)}…`;
}

function textOfVariable({ shape, dtype, trainable }: VariableFingerprint): string {
  return `${dtype} [${shape.join(', ')}]${trainable ? '' : ', not trained'}`;
}

/** A text to show as it is. */
interface Text {
  readonly text: string;
}

function show(value: unknown): string {
  if (value === undefined) return 'none';
  if (value === null) return 'unknown';
  if (typeof value === 'object' && 'text' in value) return (value as Text).text;
  return typeof value === 'string' ? value : JSON.stringify(value);
}
