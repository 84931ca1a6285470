import { check } from '@tfloop/core';
import { hostNumbers, type Numbers } from './host-numbers.ts';

/** Classes of samples, counted from 0. Throws a RangeError on anything else. */
export function labelsOf(owner: string, option: string, labels: Numbers): number[] {
  const { data, shape } = hostNumbers(owner, option, labels);
  if (shape.length !== 1)
    throw new RangeError(
      `${owner}: ${option} must have rank 1, got the shape [${shape.join(', ')}]`,
    );
  data.forEach((label, i) => check.integer(owner, `${option}[${i}]`, label, { min: 0 }));
  return Array.from(data);
}

/** The names of `count` classes or more. Throws a RangeError where too few are given. */
export function classNamesOf(
  owner: string,
  names: readonly string[] | undefined,
  count: number,
  nameOf: (index: number) => string,
): readonly string[] {
  if (!names) return Array.from({ length: count }, (_, i) => nameOf(i));
  check.integer(owner, 'classNames.length', names.length, { min: count });
  return names;
}
