/**
 * A back end that can't be used here: the message says how to get it, `problem` says in a few words what is amiss, and
 * `remedy` what to do.
 */
export class UnavailableError extends Error {
  override readonly name = 'UnavailableError';
  readonly problem: string;
  readonly remedy: string;

  constructor(problem: string, remedy: string) {
    super(`useBackend: ${problem}; ${remedy}`);
    this.problem = problem;
    this.remedy = remedy;
  }
}
