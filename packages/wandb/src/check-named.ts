import { check } from '@tfloop/core';
import { isTensor } from './media/host-numbers.ts';
import { isWandbMedia } from './media/media.ts';

/**
 * Throws a TypeError where values with names are wanted and there are none, as in `wandbHistogram([1, 2])`, or where a
 * name is not among `names`. `owner` is who was given them.
 */
export function checkNamed(owner: string, values: unknown, names?: readonly string[]): void {
  if (!isNamed(values))
    throw new TypeError(
      `${owner} takes an object, ${names ? `{ ${names.join(', ')} }` : 'with a name for each value'}, got ${kindOf(values)}`,
    );
  if (names) check.known(owner, values, names);
}

/** What a value is, in words. */
export function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value) || ArrayBuffer.isView(value)) return 'a list';
  if (isTensor(value)) return 'a tensor';
  if (isWandbMedia(value)) return `a media value (${value.kind})`;
  if (value instanceof Promise) return 'a promise: await it first';
  return typeof value;
}

function isNamed(value: unknown): value is object {
  return typeof value === 'object' && kindOf(value) === 'object';
}
