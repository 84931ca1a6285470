import util from 'node:util';

/** The functions that Node 23 removed from `node:util` and tfjs-node 4.22 still calls. */
const removed: Readonly<Record<string, (value: unknown) => boolean>> = {
  isArray: Array.isArray,
  isBoolean: (value) => typeof value === 'boolean',
  isFunction: (value) => typeof value === 'function',
  isNull: (value) => value === null,
  isNullOrUndefined: (value) => value === null || value === undefined,
  isNumber: (value) => typeof value === 'number',
  isObject: (value) => value !== null && typeof value === 'object',
  isString: (value) => typeof value === 'string',
  isUndefined: (value) => value === undefined,
};

/** Puts back into `node:util` those of the removed functions that this Node lacks; call it before tfjs-node loads. */
export function restoreUtil(): void {
  const target = util as unknown as Record<string, unknown>;
  for (const [name, test] of Object.entries(removed)) target[name] ??= test;
}
