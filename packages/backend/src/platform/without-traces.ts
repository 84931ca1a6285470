const events = ['uncaughtException', 'unhandledRejection'] as const;

/**
 * Runs an emscripten loader with `Worker` as the global of that name, and takes away what it leaves behind: that global,
 * and listeners that make every error of the program look like its own.
 */
export function withoutTraces<T>(Worker: (script: string) => object, load: () => T): T {
  const before = Object.getOwnPropertyDescriptor(globalThis, 'Worker');
  const heard = events.map((event) => new Set(listenersOf(event)));
  // The loader assigns Node's own class, which can't be told what to run.
  const replace = { get: () => Worker, set: () => undefined, configurable: true };
  Object.defineProperty(globalThis, 'Worker', replace);
  try {
    return load();
  } finally {
    if (before === undefined) Reflect.deleteProperty(globalThis, 'Worker');
    else Object.defineProperty(globalThis, 'Worker', before);
    events.forEach((event, i) => {
      for (const listener of listenersOf(event))
        if (heard[i]?.has(listener) === false) process.removeListener(event, listener);
    });
  }
}

type Listener = (...args: unknown[]) => void;

/** Listeners of either event, whatever they take. */
function listenersOf(event: (typeof events)[number]): Listener[] {
  return (process as NodeJS.EventEmitter).listeners(event) as Listener[];
}
