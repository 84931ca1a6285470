import { backgroundTimer } from './background-timer.ts';
import { consoleCapture, type OutputStream } from './console-capture.ts';
import type { Host, StopHandlers } from './platform/host.ts';

/** What a run is told of its process. */
export interface ProcessWatchers extends StopHandlers {
  /** A line that the program printed; undefined to listen to none. */
  readonly onLine: ((stream: OutputStream, line: string) => void) | undefined;
  /** It is time to measure: now, and every so many seconds; undefined never to measure. */
  readonly onMeasure: (() => void) | undefined;
  readonly measureEvery: number;
  /** Any of these has thrown. */
  readonly onError: (error: unknown) => void;
}

/** Watches the process until the function returned is called. Nothing of it keeps the process alive, or throws into it. */
export function watchProcess(host: Host, watchers: ProcessWatchers): () => void {
  const { onLine, onMeasure, measureEvery, onError } = watchers;
  let isInside = false;
  const safely = (work: () => void): void => {
    // What is printed because of this must not come back here.
    if (isInside) return;
    isInside = true;
    try {
      work();
    } catch (error) {
      onError(error);
    } finally {
      isInside = false;
    }
  };

  const captured = onLine && consoleCapture(onLine);
  const stopOutput =
    captured &&
    host.watchOutput((stream, text) => {
      safely(() => captured.add(stream, text));
    });
  const stopStops = host.watchStops({
    onHandledSignal: () => safely(() => watchers.onHandledSignal()),
    onSignal: (exitCode) => watchers.onSignal(exitCode),
    onExit: (exitCode) => safely(() => watchers.onExit(exitCode)),
  });
  let stopTimer: (() => void) | undefined;
  const measure = (work: () => void): void => {
    safely(work);
    stopTimer = backgroundTimer(() => measure(work), measureEvery * 1000);
  };
  if (onMeasure) measure(onMeasure);

  return () => {
    stopOutput?.();
    stopStops();
    stopTimer?.();
    captured?.end();
  };
}
