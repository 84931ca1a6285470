import { check } from '@tfloop/core';
import { checkPosition, type Curve } from './curve.ts';
import { titled } from './titled.ts';

/** Half a cosine, flat at both ends: end + (start − end)·(1 + cos πp) / 2. */
export function cosine(start: number, end: number): Curve {
  check.number('cosine', 'start', start);
  check.number('cosine', 'end', end);
  return titled(`cosine(${start}, ${end})`, (position) => {
    checkPosition('cosine', position);
    return end + ((start - end) / 2) * (1 + Math.cos(Math.PI * position));
  });
}
