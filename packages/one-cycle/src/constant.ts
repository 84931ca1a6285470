import { check } from '@tfloop/core';
import { checkPosition, type Curve } from './curve.ts';
import { titled } from './titled.ts';

/** The same value everywhere; it needs no known length of the fit. */
export function constant(value: number): Curve {
  check.number('constant', 'value', value);
  return titled(`constant(${value})`, (position) => {
    checkPosition('constant', position);
    return value;
  });
}
