import type { Callback, Wait } from './callback.ts';
import type { EventName } from './events.ts';
import { Cancel } from './cancel.ts';
import { isPromise, type Work } from './drive.ts';
import type { LoopState } from './loop-state.ts';
import { throwWorst } from './scope.ts';

/** An error that a callback let out: the message names callback and event, `cause` is the error itself. */
export class CallbackError extends Error {
  readonly callback: string;
  readonly event: string;

  constructor(callback: string, event: string, cause: unknown) {
    super(`${callback}.${event}: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
    this.name = 'CallbackError';
    this.callback = callback;
    this.event = event;
  }
}

/** Events inside the gradient tape, which closes before a promise could be waited for. */
export type TapeEvent = 'afterPred' | 'afterLoss';

/**
 * Runs an event's callbacks one after the other.
 *
 * A batch has many events, most of which no callback hears: asking `loop.heard` first costs less than a generator.
 */
export function fire(loop: LoopState, event: Exclude<EventName, TapeEvent | 'atRest'>): Work {
  return fireAll(loop, event);
}

function* fireAll(loop: LoopState, event: EventName): Work {
  for (const callback of loop.hooks(event)) {
    const result = call(callback, event, loop);
    if (isPromise(result)) yield result;
  }
}

/** Lets the callbacks take snapshots. */
export function* fireAtRest(loop: LoopState, rest: 'batch' | 'epoch'): Work {
  loop.rest = rest;
  loop.resting = true;
  try {
    yield* fireAll(loop, 'atRest');
  } finally {
    loop.resting = false;
  }
}

/** Runs an event's callbacks inside the tape. */
export function fireInTape(loop: LoopState, event: TapeEvent): void {
  for (const callback of loop.hooks(event)) {
    const reason = 'it runs inside the gradient tape';
    refusePromise(callback, event, call(callback, event, loop), reason);
  }
}

function refusePromise(callback: Callback, event: string, result: unknown, reason: string): void {
  if (!isPromise(result)) return;
  // Nobody waits for it, so its own error must not end the process as one that nobody caught.
  void result.then(undefined, () => undefined);
  throw new CallbackError(callback.name, event, new Error(`must be synchronous, ${reason}`));
}

/** The events that end a scope however it was left. */
export type CleanupEvent = 'cleanupBatch' | 'cleanupEpoch' | 'cleanupFit';

/** Runs an event's callbacks in reverse, every one of them, and throws the worst error at the end. */
export function* fireCleanup(loop: LoopState, event: CleanupEvent): Work {
  const errors: unknown[] = [];
  for (const callback of loop.hooks(event).toReversed()) {
    try {
      const result = call(callback, event, loop);
      if (isPromise(result)) yield result;
    } catch (error) {
      errors.push(error);
    }
  }
  throwWorst(errors);
}

function call(callback: Callback, event: EventName, loop: LoopState): Wait {
  try {
    const result = loop.ledger
      ? loop.ledger.event(callback.name, event, loop.phase, () => callback[event]?.(loop))
      : callback[event]?.(loop);
    return isPromise(result as unknown)
      ? (result as Promise<void>).then(undefined, (error: unknown) => {
          throw named(callback, event, error);
        })
      : result;
  } catch (error) {
    throw named(callback, event, error);
  }
}

/** Runs the callbacks that listen to a signal. Throws where no callback of the plan provides it. */
export function sendSignal(loop: LoopState, plan: readonly Callback[], name: string): void {
  if (!plan.some(({ provides }) => provides?.includes(name)))
    throw new Error(`no callback of this fit provides the signal ${JSON.stringify(name)}`);
  for (const callback of plan) {
    const listener = callback.signals?.[name];
    if (!listener) continue;
    const handler = `signals[${JSON.stringify(name)}]` as const;
    try {
      const listen = () => listener.call(callback.signals, loop);
      const result = loop.ledger
        ? loop.ledger.event(callback.name, handler, loop.phase, listen)
        : listen();
      refusePromise(callback, handler, result, 'its sender does not wait');
    } catch (error) {
      throw named(callback, handler, error);
    }
  }
}

function named(callback: Callback, event: string, error: unknown): unknown {
  // Seen only where it leaves the fit, because no scope of its kind was open.
  if (error instanceof Cancel)
    error.message = `${callback.name}.${event}: ${error.name} was thrown outside of the loop's ${error.scope}`;
  return error instanceof Cancel || error instanceof CallbackError
    ? error
    : new CallbackError(callback.name, event, error);
}
