import { check } from '@tfloop/core';

/** Throws where something is no list of integers >= 1, naming a size by its place: `mlp: hidden[1] must be …`. */
export function checkSizes(owner: string, option: string, sizes: readonly number[]): void {
  check.that(owner, option, sizes, Array.isArray(sizes), 'a list of integers >= 1');
  sizes.forEach((size, i) => {
    check.integer(owner, `${option}[${i}]`, size, { min: 1 });
  });
}
