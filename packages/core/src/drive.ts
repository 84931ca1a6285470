/**
 * Work that waits only where there is a promise to wait for.
 *
 * The loop is written as generators: `yield* wait(value)` hands a promise to {@link drive} and costs nothing
 * for a plain value, so a run whose callbacks are all synchronous makes no promises at all.
 */
export type Work<T = void> = Generator<Promise<unknown>, T, unknown>;

/** The value itself, or what its promise brings. */
export function* wait<T>(value: T | Promise<T>): Work<T> {
  return isPromise(value) ? ((yield value) as T) : value;
}

/** Runs work to its end, awaiting the promises that it yields. */
export async function drive<T>(work: Work<T>): Promise<T> {
  let next = work.next();
  while (!next.done) {
    let value: unknown;
    try {
      value = await next.value;
    } catch (error) {
      next = work.throw(error);
      continue;
    }
    next = work.next(value);
  }
  return next.value;
}

/** Whether something has to be waited for. */
export function isPromise<T>(value: T | Promise<T>): value is Promise<T> {
  return typeof (value as Promise<T> | undefined)?.then === 'function';
}

/** Lets the host handle input, signals and timers. */
export function nextTask(): Promise<void> {
  return new Promise((resolve) => {
    const { setImmediate } = globalThis as { setImmediate?: (task: () => void) => void };
    if (setImmediate) setImmediate(resolve);
    else {
      // Timers of nested calls are slowed down to 4 ms in browsers; messages are not.
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => {
        port1.close();
        resolve();
      };
      port2.postMessage(undefined);
    }
  });
}
