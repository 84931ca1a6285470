/** A request that failed. Its message holds the method, the path and the status, and nothing that could be a secret. */
export class HttpError extends Error {
  /** Of the answer; `undefined` if there was none. */
  readonly status: number | undefined;
  /** Whether the same request could succeed later. */
  readonly retryable: boolean;

  constructor(request: string, outcome: string, status: number | undefined, retryable: boolean) {
    super(`${request}: ${outcome}`);
    this.name = 'HttpError';
    this.status = status;
    this.retryable = retryable;
  }
}
