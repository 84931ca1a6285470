import type { ContenderName } from './contenders.ts';
import type { Lane, LeftOut, Measured } from './lane.ts';
import { quantile } from './statistics.ts';

/** Lanes that a picture is for; the table has all. */
const SHOWN: readonly ContenderName[] = [
  'tfloop',
  'stock tfjs by hand',
  'stock model.fit',
  'keras',
  'torch',
  'jax-js',
];

const NAMES: Partial<Record<ContenderName, string>> = {
  tfloop: 'tfloop',
  'stock tfjs by hand': 'stock tfjs',
  'stock model.fit': 'stock tfjs fit',
  keras: 'Keras, Python',
  torch: 'PyTorch',
  'jax-js': 'jax-js, WASM',
};

const TITLES: Readonly<Record<Lane['workload'], string>> = {
  mlp: 'MLP 784-128-10, batch 64',
  norm: 'Dense with batch norm, 3 × 256, batch 64',
  cnn: 'CNN, five convolutions at 32², batch 64',
  resnet9: 'ResNet-9 at 32², batch 16',
  resnet18: 'ResNet-18 at 32², batch 16',
  embedding: 'Embedding and dense, batch 64',
};

/** One panel: the lanes of one network and optimizer, the fastest on top, and what has no bar. */
export interface Panel {
  readonly title: string;
  readonly lanes: readonly Measured[];
  /** What failed and what was left out, in words. */
  readonly missing: string;
}

/** A panel for each network and optimizer, with the lanes that a picture is for. */
export function panelsOf(results: readonly Measured[], leftOut: readonly LeftOut[]): Panel[] {
  const groups = new Map<string, { lanes: Measured[]; failed: Lane[]; absent: Lane[] }>();
  const groupOf = ({ workload, optimizer }: Lane) => {
    const key = `${workload} ${optimizer}`;
    const group = groups.get(key) ?? { lanes: [], failed: [], absent: [] };
    groups.set(key, group);
    return group;
  };
  for (const lane of results.filter(isShown))
    if (lane.error === undefined && lane.msPerStep.length > 0) groupOf(lane).lanes.push(lane);
    else groupOf(lane).failed.push(lane);
  for (const lane of leftOut.filter(isShown)) groupOf(lane).absent.push(lane);
  return [...groups.values()].map(({ lanes, failed, absent }) => ({
    title: titleOf(lanes[0] ?? failed[0] ?? absent[0]),
    lanes: lanes.sort((a, b) => quantile(a.msPerStep, 0.5) - quantile(b.msPerStep, 0.5)),
    missing: [named('failed', failed), named('left out', absent)].filter(Boolean).join('; '),
  }));
}

function isShown({ contender }: Lane): boolean {
  return SHOWN.includes(contender);
}

function titleOf(lane: Lane | undefined): string {
  if (lane === undefined) return '';
  return `${TITLES[lane.workload]}, ${lane.optimizer === 'adam' ? 'Adam' : 'SGD with momentum'}`;
}

/** Lanes without a bar in words; nothing where there are none. */
function named(what: string, lanes: readonly Lane[]): string {
  const threads = new Map<string, number[]>();
  for (const lane of lanes)
    threads.set(systemOf(lane), [...(threads.get(systemOf(lane)) ?? []), lane.threads]);
  const each = [...threads].map(([system, counts]) => `${system} × ${counts.join(', ')}`);
  return each.length > 0 ? `${what}: ${each.join('; ')}` : '';
}

/** A lane that a picture is for, in words. */
export function labelOf(lane: Lane): string {
  return `${systemOf(lane)} × ${lane.threads}`;
}

function systemOf({ contender, backend }: Lane): string {
  const name = NAMES[contender] ?? contender;
  return `${name}${{ native: ', native', wasm: ', WASM', peer: '' }[backend]}`;
}
