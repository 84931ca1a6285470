import { check } from '@tfloop/core';
import { checkPosition, type Curve } from './curve.ts';

/** The straight line start + (end − start)·p. */
export function linear(start: number, end: number): Curve {
  check.number('linear', 'start', start);
  check.number('linear', 'end', end);
  return (position) => {
    checkPosition('linear', position);
    return start + (end - start) * position;
  };
}
