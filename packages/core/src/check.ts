/**
 * Option checks with one wording: `lookahead: k must be an integer >= 1, got 0`.
 *
 * Each takes the factory's name, the option's name and the value, and throws where the rule is broken.
 */
export const check = {
  /** A finite number within the inclusive bounds. */
  number(owner: string, option: string, value: number, bounds: Bounds = {}): void {
    if (typeof value !== 'number' || !Number.isFinite(value) || !within(value, bounds))
      fail(owner, option, `a number${describe(bounds)}`, value);
  },
  /** A whole number within the inclusive bounds. */
  integer(owner: string, option: string, value: number, bounds: Bounds = {}): void {
    if (!Number.isInteger(value) || !within(value, bounds))
      fail(owner, option, `an integer${describe(bounds)}`, value);
  },
  /** One of a list. */
  oneOf(owner: string, option: string, value: unknown, allowed: readonly unknown[]): void {
    if (!allowed.includes(value))
      fail(owner, option, `one of ${allowed.map(show).join(', ')}`, value);
  },
  /** Whatever else is asked of a value: the rule completes "must be". */
  that(owner: string, option: string, value: unknown, holds: boolean, rule: string): void {
    if (!holds) fail(owner, option, rule, value);
  },
  /** Something to call. */
  callable(owner: string, option: string, value: unknown): void {
    if (typeof value !== 'function') fail(owner, option, 'a function', value);
  },
  /** A text that is not empty. */
  text(owner: string, option: string, value: unknown): void {
    if (typeof value !== 'string' || value === '')
      fail(owner, option, 'a text that is not empty', value);
  },
  /** The options themselves, which plain JavaScript may leave out or mistake for one of them; returns them. */
  options<T extends object>(owner: string, options: T | undefined): T {
    const given: unknown = options === undefined ? {} : options;
    if (typeof given !== 'object' || given === null || Array.isArray(given))
      throw new TypeError(`${owner}: options must be an object with names, got ${show(options)}`);
    return given as T;
  },
  /** An option name that the factory knows: catches misspelt options in plain JavaScript. */
  known(owner: string, options: object, names: readonly string[]): void {
    for (const option of Object.keys(options))
      if (!names.includes(option))
        throw new TypeError(
          `${owner}: there is no option ${show(option)}; the options are ${names.join(', ')}`,
        );
  },
};

/** Bounds of a number: `min` and `max` are allowed values, `above` and `below` are not. */
export interface Bounds {
  readonly min?: number;
  readonly max?: number;
  readonly above?: number;
  readonly below?: number;
}

function within(value: number, { min, max, above, below }: Bounds): boolean {
  return (
    (min === undefined || value >= min) &&
    (max === undefined || value <= max) &&
    (above === undefined || value > above) &&
    (below === undefined || value < below)
  );
}

function describe({ min, max, above, below }: Bounds): string {
  const lower = min !== undefined ? `>= ${min}` : above !== undefined ? `> ${above}` : '';
  const upper = max !== undefined ? `<= ${max}` : below !== undefined ? `< ${below}` : '';
  const both = [lower, upper].filter(Boolean).join(' and ');
  return both && ` ${both}`;
}

function fail(owner: string, option: string, rule: string, value: unknown): never {
  throw new RangeError(`${owner}: ${option} must be ${rule}, got ${show(value)}`);
}

function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'function') return 'a function';
  return typeof value === 'object' && value !== null ? asJson(value) : String(value);
}

/** JSON knows no BigInt, and none of what refers to itself. */
function asJson(value: object): string {
  try {
    return JSON.stringify(value);
  } catch {
    return Array.isArray(value) ? 'a list' : 'an object';
  }
}
