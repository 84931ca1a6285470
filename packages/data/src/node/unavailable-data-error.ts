/** A data set that is not here: the message says how to get it, `problem` says only what is amiss. */
export class UnavailableDataError extends Error {
  override readonly name = 'UnavailableDataError';
  readonly problem: string;

  constructor(problem: string, remedy: string, options?: ErrorOptions) {
    super(`${problem}; ${remedy}`, options);
    this.problem = problem;
  }
}
