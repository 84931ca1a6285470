import * as tf from '@tensorflow/tfjs';
import { EVENTS, resumesExactly, type ResumesOptions } from '@tfloop/core/testing';
import { adamw } from '@tfloop/optimizers';
import { conflict, createShipped, shippedNames, type ShippedName } from '../shipped.ts';

/** What became of one pair, or of one callback with itself alone. */
export interface PairResult {
  readonly pair: readonly [ShippedName, ShippedName];
  /** Whether every fit that was broken off and resumed ended as the unbroken one; `refused` where the two conflict. */
  readonly outcome: 'exact' | 'refused' | 'differs';
  /** Tensors more than before. */
  readonly leaked: number;
  /** Where it differs. */
  readonly reason?: string;
}

/**
 * Breaks off and resumes fits with every pair of shipped callbacks, so many at each event; with a `stride`, at every so
 * many events, which are other ones from pair to pair, so that each callback has them all with some other.
 */
export async function pairMatrix(
  breaks: number,
  tell: (result: PairResult) => void = () => undefined,
  stride = 1,
): Promise<PairResult[]> {
  const results: PairResult[] = [];
  for (const [i, one] of shippedNames.entries())
    for (const [j, other] of shippedNames.slice(0, i + 1).entries()) {
      const events = EVENTS.filter((_, event) => (event + i + j) % stride === 0);
      const result = await tryPair(one, other, { breaks, events });
      tell(result);
      results.push(result);
    }
  return results;
}

/** The matrix as text: one row a callback, the pairs with those above it. */
export function pairTable(results: readonly PairResult[]): string {
  const cell = (one: ShippedName, other: ShippedName): string => {
    const found = results.find(({ pair }) => pair[0] === one && pair[1] === other);
    if (!found) return '';
    return found.leaked === 0 ? found.outcome : `${found.outcome}, ${found.leaked} leaked`;
  };
  const lines = [
    ['', ...shippedNames],
    ...shippedNames.map((one) => [one, ...shippedNames.map((other) => cell(one, other))]),
  ];
  const widths = lines[0]?.map((_, i) => Math.max(...lines.map((line) => line[i]?.length ?? 0)));
  return lines
    .map((line) =>
      line
        .map((text, i) => text.padEnd(widths?.[i] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

async function tryPair(
  one: ShippedName,
  other: ShippedName,
  options: Pick<ResumesOptions, 'breaks' | 'events'>,
): Promise<PairResult> {
  const pair = [one, other] as const;
  const list = one === other ? [one] : [one, other];
  if (conflict(list)) return { pair, outcome: 'refused', leaked: 0 };
  const { numTensors } = tf.memory();
  const leaked = () => tf.memory().numTensors - numTensors;
  try {
    await resumesExactly(() => createShipped(list), {
      ...options,
      createOptimizer: () => adamw({ lr: 0.01 }),
    });
    return { pair, outcome: 'exact', leaked: leaked() };
  } catch (error) {
    const { message, cause } = error as Error;
    const reason = cause instanceof Error ? cause.message : message;
    return { pair, outcome: 'differs', leaked: leaked(), reason };
  }
}
