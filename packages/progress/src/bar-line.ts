import { duration } from './duration.ts';
import { figure } from './figure.ts';

/** What a bar shows of the running phase of an epoch. */
export interface BarFigures {
  readonly label: string;
  /** From 0. */
  readonly epoch: number;
  readonly epochs: number;
  readonly phase: 'train' | 'valid';
  /** Batches of this phase that are done. */
  readonly batch: number;
  /** Batches of this phase, where known. */
  readonly batches: number | undefined;
  /** The smoothed training loss; NaN before it is known. */
  readonly loss: number;
  /** Examples a second in this phase; NaN before it is known. */
  readonly rate: number;
  /** Seconds left of the fit, where known. */
  readonly left: number | undefined;
  /** Validation figures of the epoch before, each with its name. */
  readonly before: readonly string[];
}

const WIDEST = 30;
const NARROWEST = 8;

/**
 * One line of at most `width` characters: the bar takes the room that the figures leave, and where there is
 * too little for both, the last figures are left out.
 */
export function barLine(
  figures: BarFigures,
  width: number,
  draw: (share: number, width: number) => string,
): string {
  const { label, epoch, epochs, phase, batch, batches, loss, rate, left, before } = figures;
  const known = batches !== undefined && batches > 0;
  const head = [label, `epoch ${epoch + 1}/${epochs}`, phase].filter(Boolean).join('  ');
  const parts = [known ? `${batch}/${batches}` : `${batch} batches`];
  if (Number.isFinite(loss)) parts.push(`loss ${figure(loss)}`);
  if (left !== undefined) parts.push(`${duration(left)} left`);
  if (Number.isFinite(rate)) parts.push(`${Math.round(rate)} examples/s`);
  if (before.length > 0) parts.push(`(${before.join('  ')})`);

  const least = known ? NARROWEST + 2 : 0;
  const room = () => width - [head, ...parts].join('  ').length;
  while (parts.length > 1 && room() < least) parts.pop();
  const bar = known && room() >= least ? [draw(batch / batches, Math.min(room() - 2, WIDEST))] : [];
  return [head, ...bar, ...parts].join('  ').slice(0, Math.max(width, 0));
}
