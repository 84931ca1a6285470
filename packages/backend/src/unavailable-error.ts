/** A back end that can't be used here: the message says how to get it, `problem` says in a few words what is amiss. */
export class UnavailableError extends Error {
  override readonly name = 'UnavailableError';
  readonly problem: string;

  constructor(problem: string, remedy: string) {
    super(`useBackend: ${problem}; ${remedy}`);
    this.problem = problem;
  }
}
