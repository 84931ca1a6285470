import { check } from '@tfloop/core';
import { checkPosition, type Curve } from './curve.ts';
import { titled } from './titled.ts';

/** The straight line start + (end − start)·p. */
export function linear(start: number, end: number): Curve {
  check.number('linear', 'start', start);
  check.number('linear', 'end', end);
  return titled(`linear(${start}, ${end})`, (position) => {
    checkPosition('linear', position);
    return start + (end - start) * position;
  });
}
