import { backgroundTimer } from './background-timer.ts';

/** What a promise gives; rejects after so many milliseconds. A promise that never settles keeps nothing waiting. */
export async function within<T>(work: Promise<T>, milliseconds: number): Promise<T> {
  let stop: (() => void) | undefined;
  const late = new Promise<never>((_, reject) => {
    stop = backgroundTimer(
      () => reject(new Error(`there was no answer in ${milliseconds / 1000} s`)),
      milliseconds,
    );
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    stop?.();
  }
}
