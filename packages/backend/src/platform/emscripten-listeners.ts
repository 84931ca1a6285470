const events = ['uncaughtException', 'unhandledRejection'] as const;

type Listener = (...args: unknown[]) => void;

/**
 * Notes who listens for errors that nobody caught; the returned function takes away who came since then and looks like
 * emscripten's: with it, every error of the program begins with emscripten's code and ends the process with exit code 7.
 */
export function noteListeners(): () => void {
  const before = events.map((event) => new Set(listenersOf(event)));
  return () => {
    events.forEach((event, i) => {
      for (const listener of listenersOf(event))
        if (
          before[i]?.has(listener) === false &&
          /ExitStatus|throw reason|throw ex/.test(String(listener))
        )
          process.removeListener(event, listener);
    });
  };
}

/** Listeners of either event, whatever they take. */
function listenersOf(event: (typeof events)[number]): Listener[] {
  return (process as NodeJS.EventEmitter).listeners(event) as Listener[];
}
