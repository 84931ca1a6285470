/** The number of training examples asked for does not suit the data set. */
export class ExamplesError extends RangeError {
  /** @param rule Such as `<= 8000, which is all that there is`. */
  constructor(rule: string, asked: number) {
    super(`examples must be an integer ${rule}, got ${asked}`);
    this.name = 'ExamplesError';
  }
}
