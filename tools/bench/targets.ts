import { BASE, STOCK } from './contenders.ts';
import type { Lane, Measured } from './lane.ts';
import type { ProbeMeasured } from './probes/probe.ts';
import { best, fits, ratioOf } from './ratio-of.ts';
import { ratios } from './statistics.ts';

/** A ratio that tfloop is to keep below: of one lane to another, the fastest where several fit. */
export interface Target {
  readonly lane: Partial<Lane>;
  readonly over: Partial<Lane>;
  /** The check fails above this. */
  readonly least: number;
  /** The check tells where this is not reached. */
  readonly aim: number;
}

const native = { backend: 'native', contender: 'tfloop' } as const;
const wasm = { backend: 'wasm', contender: 'tfloop' } as const;
const keras = { contender: 'keras' } as const;
const wasmFit = { backend: 'wasm', threads: 1, contender: 'model.fit' } as const;

/** A target for training one network with one optimizer in two ways. */
function target(
  workload: Lane['workload'],
  optimizer: Lane['optimizer'],
  [lane, over]: readonly [Partial<Lane>, Partial<Lane>],
  [least, aim]: readonly [number, number],
): Target {
  const both = { workload, optimizer };
  return { lane: { ...both, ...lane }, over: { ...both, ...over }, least, aim };
}

/** What tfloop's step is to reach, as ratios in one run on one machine. */
export const TARGETS: readonly Target[] = [
  target('cnn', 'sgd', [native, keras], [1.25, 1]),
  target('mlp', 'sgd', [native, keras], [1, 0.6]),
  target('mlp', 'adam', [native, keras], [1, 0.6]),
  target('cnn', 'sgd', [native, STOCK], [0.5, 0.4]),
  target('cnn', 'sgd', [wasm, { contender: 'torch' }], [3, 2]),
  target('mlp', 'sgd', [wasm, STOCK], [1, 0.6]),
  target('mlp', 'adam', [wasm, STOCK], [1, 0.6]),
  target('mlp', 'sgd', [wasm, { contender: 'jax-js' }], [1.8, 1]),
  target('mlp', 'sgd', [wasmFit, { ...wasmFit, contender: 'stock model.fit' }], [0.5, 0.35]),
  target('norm', 'sgd', [wasmFit, { ...wasmFit, contender: 'stock model.fit' }], [0.5, 0.35]),
  ...[native, { ...wasm, threads: 1 }].flatMap((place) => [
    target('mlp', 'sgd', [place, { ...place, contender: BASE }], [1.03, 1.01]),
    target('mlp', 'sgd', [place, { ...place, contender: 'model.fit' }], [1, 1]),
    target('cnn', 'sgd', [place, { ...place, contender: 'model.fit' }], [1, 1]),
  ]),
];

/** What the figures say about a target. */
export interface Verdict {
  readonly name: string;
  readonly median: number;
  readonly low: number;
  readonly high: number;
  /** The same of the cores' time, which tells whether a miss is a busy machine's; it is not judged. */
  readonly cpu: number;
  readonly least: number;
  readonly aim: number;
  readonly result: 'aim' | 'least' | 'missed' | 'not measured';
}

/** Judges every target both of whose lanes were asked for, in a list of the lanes that were. */
export function verdicts(
  results: readonly Measured[],
  asked: readonly Lane[],
  targets = TARGETS,
): Verdict[] {
  const isAsked = ({ lane, over }: Target) =>
    [lane, over].every((side) => asked.some((each) => fits(each, side)));
  return targets.filter(isAsked).map((each) => {
    const { lane, over, least, aim } = each;
    const [first, second] = [best(results, lane), best(results, over)];
    const { median, low, high } = ratioOf(first, second);
    const cpu = ratios(first?.cpuPerStep ?? [], second?.cpuPerStep ?? []).median;
    const result = resultOf(median, each);
    return { name: nameOf(each, first, second), median, low, high, cpu, least, aim, result };
  });
}

/** Judges what Lookahead adds to a step of the CNN on native, where its probe was asked for. */
export function lookaheadVerdict(probes: readonly ProbeMeasured[]): Verdict[] {
  const measured = probes.find((each) => each.probe === 'lookahead' && each.backend === 'native');
  if (measured === undefined) return [];
  const row = measured.rows.find(([network]) => network === 'cnn');
  const [median, low, high] = [6, 7, 8].map((i) => 1 + Number(row?.[i] ?? NaN) / 100) as [
    number,
    number,
    number,
  ];
  const limits = { least: 1.02, aim: 1.01 };
  const result = resultOf(median, limits);
  return [
    {
      name: 'cnn sgd: native step with lookahead ÷ without',
      median,
      low,
      high,
      cpu: NaN,
      ...limits,
      result,
    },
  ];
}

function resultOf(ratio: number, { least, aim }: Pick<Target, 'least' | 'aim'>): Verdict['result'] {
  if (Number.isNaN(ratio)) return 'not measured';
  if (ratio <= aim) return 'aim';
  return ratio <= least ? 'least' : 'missed';
}

/** A target in words, with the threads of the lanes that were the fastest. */
function nameOf({ lane, over }: Target, first?: Lane, second?: Lane): string {
  const side = ({ backend, contender }: Partial<Lane>, found?: Lane) =>
    [backend, contender, found && `(${found.threads})`].filter(Boolean).join(' ');
  return `${lane.workload} ${lane.optimizer}: ${side(lane, first)} ÷ ${side(over, second)}`;
}
