import type { Span, Spans } from '../span.ts';

/** What is on the stack now. */
let running: Span | undefined;
/** What has begun and not ended. */
let open: Span[] = [];

/**
 * Browsers don't tell what goes on after a promise: it is taken to be the span that began last of those that have not
 * ended. That is right for one fit at a time; of two whose callbacks wait at once, one may get tensors of the other.
 */
export const spans: Spans = {
  run(span, work) {
    const before = running;
    running = span;
    open.push(span);
    try {
      return work();
    } finally {
      running = before;
    }
  },
  current: () => running ?? open.at(-1),
  outerFor: (book) => running ?? open.findLast((span) => span.book === book),
  ended(span) {
    open = open.filter((each) => each !== span);
  },
  close: () => undefined,
};
