import { check } from '@tfloop/core';
import { checkPosition, type Curve } from './curve.ts';
import { titled } from './titled.ts';

/** Equal ratios for equal distances: start·(end / start)^p, for values above 0. */
export function exponential(start: number, end: number): Curve {
  check.number('exponential', 'start', start, { above: 0 });
  check.number('exponential', 'end', end, { above: 0 });
  return titled(`exponential(${start}, ${end})`, (position) => {
    checkPosition('exponential', position);
    return start * (end / start) ** position;
  });
}
