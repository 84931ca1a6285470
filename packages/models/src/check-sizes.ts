import { check } from '@tfloop/core';

/** Throws where a size in a list is no integer >= 1, naming it by its place: `mlp: hidden[1] must be …`. */
export function checkSizes(owner: string, option: string, sizes: readonly number[]): void {
  sizes.forEach((size, i) => {
    check.integer(owner, `${option}[${i}]`, size, { min: 1 });
  });
}
