import type { StopHandlers } from './host.ts';

const SIGNALS = { SIGINT: 130, SIGTERM: 143 } as const;
type Signal = keyof typeof SIGNALS;

/** Everyone who wants to know: together they have one listener for each event, as a process warns of many. */
const watchers = new Set<StopHandlers>();
let stops: Promise<void> | undefined;

/** Tells of SIGINT, SIGTERM and the process's end until the function returned is called. */
export function watchStops(handlers: StopHandlers): () => void {
  if (watchers.size === 0) listen();
  watchers.add(handlers);
  return () => {
    if (watchers.delete(handlers) && watchers.size === 0) unlisten();
  };
}

function listen(): void {
  // Before all others: a listener that is there for once is gone when it has run, and would not be seen.
  process.prependListener('SIGINT', onSignal as NodeJS.SignalsListener);
  process.prependListener('SIGTERM', onSignal as NodeJS.SignalsListener);
  process.on('exit', onExit);
}

function unlisten(): void {
  process.off('SIGINT', onSignal);
  process.off('SIGTERM', onSignal);
  process.off('exit', onExit);
}

/**
 * Without this listener the signal would end the process, and in the end it does: whoever waits for the process learns
 * of the signal. A second one does not wait for the first.
 */
function onSignal(signal: Signal): void {
  if (isHandledByProgram(signal)) {
    for (const { onHandledSignal } of [...watchers]) onHandledSignal();
    return;
  }
  const end = (): void => {
    unlisten();
    process.kill(process.pid, signal);
  };
  if (stops) {
    end();
    return;
  }
  const told = [...watchers].map((watcher) => watcher.onSignal(SIGNALS[signal]));
  stops = Promise.all(told).then(end, end);
}

/** While a signal ends the process: resolves when that is about to happen. */
export function stopping(): Promise<void> | undefined {
  return stops;
}

/** Listeners of the signal-exit package leave the signal to others, and end the process where there are none. */
function isHandledByProgram(signal: Signal): boolean {
  const emitters = process as unknown as Record<
    PropertyKey,
    { readonly count?: unknown } | undefined
  >;
  const leaving = ['__signal_exit_emitter__', Symbol.for('signal-exit emitter')]
    .map((key) => emitters[key]?.count)
    .filter((count) => typeof count === 'number');
  const others = process.listenerCount(signal) - 1;
  return others > leaving.reduce((sum, count) => sum + count, 0);
}

function onExit(exitCode: number): void {
  for (const watcher of [...watchers]) watcher.onExit(exitCode);
}
