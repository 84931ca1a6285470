import type { Alert } from './wandb-run.ts';

/** How many times the least loss of an epoch a later one is that runs away. */
const RUNAWAY = 10;

/** Watches losses. */
export interface LossAlerts {
  /** A training batch's loss, and the optimizer's steps so far. */
  batch(loss: number, step: number): void;
  /** An epoch's mean training loss; epochs count from 0. */
  epoch(loss: number, epoch: number): void;
}

/** Tells once of a loss that is not finite, and once of one that runs away from the least so far. */
export function lossAlerts(tell: (alert: Alert) => void): LossAlerts {
  let toldOfNumbers = false;
  let toldOfRunaway = false;
  let least = Infinity;
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
      least = Math.min(least, loss);
    },
  };
}
