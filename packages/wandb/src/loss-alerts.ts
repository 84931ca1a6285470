import type { Alert } from './wandb-run.ts';

/** How many times the least loss of an epoch a later one is that runs away. */
const RUNAWAY = 10;

/** Watches losses. */
export interface LossAlerts {
  /** A training batch's loss, and the optimizer's steps so far. */
  batch(loss: number, step: number): void;
  /** An epoch's mean training loss; epochs count from 0. */
  epoch(loss: number, epoch: number): void;
  /** What it has seen and told. */
  saved(): SavedAlerts;
}

/** Plain values. */
export interface SavedAlerts {
  readonly toldOfNumbers: boolean;
  readonly toldOfRunaway: boolean;
  /** The least loss of an epoch; null where there was none. */
  readonly least: number | null;
}

/**
 * Tells once of a loss that is not finite, and once of one that runs away from the least so far, also where the fit goes on
 * from what was saved.
 */
export function lossAlerts(tell: (alert: Alert) => void, saved?: SavedAlerts): LossAlerts {
  let { toldOfNumbers = false, toldOfRunaway = false } = saved ?? {};
  let least = saved?.least ?? Infinity;
  const tellOfNumbers = (loss: number, where: () => string): void => {
    if (Number.isFinite(loss) || toldOfNumbers) return;
    toldOfNumbers = true;
    tell({
      title: 'The loss is not finite',
      text: `It was ${loss} ${where()}.`,
      level: 'ERROR',
    });
  };
  return {
    batch: (loss, step) => tellOfNumbers(loss, () => `after ${step} steps`),
    epoch(loss, epoch) {
      tellOfNumbers(loss, () => `in epoch ${epoch}`);
      if (!toldOfRunaway && loss > RUNAWAY * least && least > 0) {
        toldOfRunaway = true;
        tell({
          title: 'The loss runs away',
          text: `It was ${loss} in epoch ${epoch}, and ${least} before.`,
          level: 'WARN',
        });
      }
      if (loss < least) least = loss;
    },
    saved: () => ({ toldOfNumbers, toldOfRunaway, least: least === Infinity ? null : least }),
  };
}
