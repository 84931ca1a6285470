import { AsyncLocalStorage } from 'node:async_hooks';
import type { Span, Spans } from '../span.ts';

const storage = new AsyncLocalStorage<Span>();

/** The host follows work across promises, so that two fits at once are told apart. */
export const spans: Spans = {
  run: (span, work) => storage.run(span, work),
  current: () => storage.getStore(),
  outerFor: () => storage.getStore(),
  ended: () => undefined,
  // Following promises has its price.
  close: () => {
    storage.disable();
  },
};
