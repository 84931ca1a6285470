import { cosine } from './cosine.ts';
import { linear } from './linear.ts';

/** A 1cycle in full: see `OneCycleOptions` for the meaning of each. */
export interface OneCycleShape {
  readonly style: 'fastai' | 'torch';
  readonly maxLr: number;
  readonly pctStart: number;
  readonly div: number;
  readonly divFinal: number;
  readonly momentums: readonly [number, number, number] | false;
  readonly threePhase: boolean;
  readonly anneal: 'cos' | 'linear';
}

/** The hyper-parameters of one step. */
export interface OneCycleValues {
  readonly lr: number;
  /** Undefined where momentum is not cycled. */
  readonly momentum: number | undefined;
}

interface Phase {
  /** Where it ends, in steps. */
  readonly end: number;
  readonly lr: readonly [start: number, end: number];
  readonly momentum: readonly [start: number, end: number] | undefined;
}

/**
 * Learning rate and momentum of the 1cycle policy at a step of `totalSteps`, from 0.
 *
 * Two phases go lr `max / div → max → final` and momentum `m0 → m1 → m2`; three go back to `max / div` over
 * as long as the first took, then to the final lr at momentum m2. fastai's style ends phases at fractions of N
 * steps, so the last step is 1 / N short of the final lr `max / divFinal`. PyTorch's ends them at
 * `pctStart·N − 1`, `2·pctStart·N − 2` and `N − 1`, and the last step has its final lr `max / div / divFinal`.
 * Smith, "A disciplined approach to neural network hyper-parameters", arXiv 1803.09820.
 */
export function oneCycleAt(step: number, totalSteps: number, shape: OneCycleShape): OneCycleValues {
  const curve = shape.anneal === 'cos' ? cosine : linear;
  const all = phases(totalSteps, shape);
  const found = all.findIndex(({ end }) => step <= end);
  const { end, lr, momentum } = all.at(found) as Phase;
  const start = found === 0 ? 0 : (all.at(found - 1) as Phase).end;
  const position = end > start ? (step - start) / (end - start) : 1;
  return { lr: curve(...lr)(position), momentum: momentum && curve(...momentum)(position) };
}

function phases(totalSteps: number, shape: OneCycleShape): Phase[] {
  const { style, maxLr, pctStart, div, divFinal, momentums, threePhase } = shape;
  const torch = style === 'torch';
  const firstLr = maxLr / div;
  const finalLr = torch ? firstLr / divFinal : maxLr / divFinal;
  const [first, low, last] = momentums || [];
  const phase = (end: number, lr: Phase['lr'], from?: number, to?: number): Phase => ({
    end,
    lr,
    momentum: from === undefined || to === undefined ? undefined : [from, to],
  });
  const peak = torch ? pctStart * totalSteps - 1 : pctStart * totalSteps;
  const end = torch ? totalSteps - 1 : totalSteps;
  if (!threePhase)
    return [phase(peak, [firstLr, maxLr], first, low), phase(end, [maxLr, finalLr], low, last)];
  return [
    phase(peak, [firstLr, maxLr], first, low),
    phase(2 * peak, [maxLr, firstLr], low, last),
    phase(end, [firstLr, finalLr], last, last),
  ];
}
