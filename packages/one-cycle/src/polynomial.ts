import { check } from '@tfloop/core';
import { checkPosition, type Curve } from './curve.ts';
import { titled } from './titled.ts';

/**
 * Polynomial decay as Keras and PyTorch define it: end + (start − end)·(1 − p)^power, with power > 0.
 *
 * A power above 1 moves fast first; fastai's `SchedPoly` has p^power, which moves fast last.
 */
export function polynomial(start: number, end: number, power: number): Curve {
  check.number('polynomial', 'start', start);
  check.number('polynomial', 'end', end);
  check.number('polynomial', 'power', power, { above: 0 });
  return titled(`polynomial(${start}, ${end}, ${power})`, (position) => {
    checkPosition('polynomial', position);
    return end + (start - end) * (1 - position) ** power;
  });
}
