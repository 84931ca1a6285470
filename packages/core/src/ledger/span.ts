/** A piece of work that has begun: its own tensors are those made while it is the innermost one of its book. */
export interface Span {
  /** Whose piece it is: one for each fit that is watched. */
  readonly book: object;
  /** The piece within which it began, perhaps of another fit. */
  readonly outer: Span | undefined;
}

/** Knows which piece of work is going on, across promises. */
export interface Spans {
  /** Does the work, and what it goes on with after promises, within a span. */
  run<T>(span: Span, work: () => T): T;
  /** The innermost span of what is going on now. */
  current(): Span | undefined;
  /** The span within which a book's next one begins. */
  outerFor(book: object): Span | undefined;
  /** Has to be told of every span that was run. */
  ended(span: Span): void;
  /** Nobody runs spans any more. */
  close(): void;
}
