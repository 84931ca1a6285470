import { abortReason } from './abort-reason.ts';
import { backgroundTimer } from './background-timer.ts';

/** Pauses of a background task, which end early when it is in a hurry. */
export interface Pauses {
  /** Waits, at most as long as `limitHurried` when in a hurry; rejects with the signal's reason. */
  wait(milliseconds: number, signal: AbortSignal, limitHurried?: number): Promise<void>;
  /** Ends the pauses that may end early. */
  wake(): void;
  /** Ends the pauses that may end early, and limits those to come. */
  hurry(): void;
}

export function pauses(): Pauses {
  let hurried = false;
  const wakers = new Set<() => void>();
  const wake = (): void => {
    for (const waker of wakers) waker();
  };
  return {
    wait(milliseconds, signal, limitHurried = 0) {
      return new Promise((resolve, reject) => {
        if (signal.aborted) {
          reject(abortReason(signal));
          return;
        }
        const end = (settle: () => void): void => {
          stopTimer();
          wakers.delete(waker);
          signal.removeEventListener('abort', abort);
          settle();
        };
        const waker = (): void => end(resolve);
        const abort = (): void => end(() => reject(abortReason(signal)));
        const wanted = hurried ? Math.min(milliseconds, limitHurried) : milliseconds;
        const stopTimer = backgroundTimer(waker, wanted);
        if (limitHurried < wanted) wakers.add(waker);
        signal.addEventListener('abort', abort, { once: true });
      });
    },
    wake,
    hurry() {
      hurried = true;
      wake();
    },
  };
}
