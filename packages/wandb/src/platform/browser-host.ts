import { notice } from '@tfloop/core';
import type { OutputStream } from '../console-capture.ts';
import { syncCallOf } from '../finish-report.ts';
import type { Host } from './host.ts';

/** Browsers and workers: no variables, no files, no signals; what is printed goes to the console. */
export const browserHost: Host = {
  env: () => undefined,
  netrc: () => undefined,
  name: undefined,
  runtime: (globalThis.navigator as Navigator | undefined)?.userAgent ?? 'a browser',
  program: (globalThis.location as Location | undefined)?.pathname,
  // What there is to run it in is the page.
  syncCommand: syncCallOf,
  git: () => Promise.resolve(undefined),
  say: notice,
  watchOutput,
  watchStops({ onHandledSignal }) {
    // The page may be shown again.
    const onHide = (): void => onHandledSignal();
    globalThis.addEventListener('pagehide', onHide);
    return () => {
      globalThis.removeEventListener('pagehide', onHide);
    };
  },
  stopping: () => undefined,
  stats: () => ({}),
};

const METHODS = { log: 'stdout', info: 'stdout', warn: 'stderr', error: 'stderr' } as const;

function watchOutput(onOutput: (stream: OutputStream, text: string) => void): () => void {
  const restore = Object.entries(METHODS).map(([name, stream]) => {
    const method = name as keyof typeof METHODS;
    // eslint-disable-next-line @typescript-eslint/unbound-method -- put back as it was, called on the console
    const print = console[method];
    const watched = (...values: unknown[]): void => {
      print.apply(console, values);
      onOutput(stream, `${values.map(shown).join(' ')}\n`);
    };
    console[method] = watched;
    return () => {
      if (console[method] === watched) console[method] = print;
    };
  });
  return () => {
    for (const put of restore) put();
  };
}

/** A value as text; not every object can be made one. */
function shown(value: unknown): string {
  try {
    return String(value);
  } catch {
    return Object.prototype.toString.call(value);
  }
}
