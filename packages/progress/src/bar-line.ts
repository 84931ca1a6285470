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
/** What a label is cut to before the lesser figures go. */
const SHORT_LABEL = 12;
const LEAST_LABEL = 8;

/**
 * One line of at most `width` characters. The bar takes the room that label and figures leave. Where there is
 * too little, the label is cut first, then the last figures go, and the bar at the very end.
 */
export function barLine(
  figures: BarFigures,
  width: number,
  draw: (share: number, width: number) => string,
): string {
  const { label, epoch, epochs, phase, batch, batches, loss, rate, left, before } = figures;
  const known = batches !== undefined && batches > 0;
  const head = [`epoch ${epoch + 1}/${epochs}`, phase];
  const parts = [known ? `${batch}/${batches}` : `${batch} batches`];
  if (Number.isFinite(loss)) parts.push(`loss ${figure(loss)}`);
  if (left !== undefined) parts.push(`${duration(left)} left`);
  const needed = parts.length;
  if (Number.isFinite(rate)) parts.push(`${Math.round(rate)} examples/s`);
  if (before.length > 0) parts.push(`(${before.join('  ')})`);

  const least = known ? NARROWEST + 2 : 0;
  const room = () => width - [...head, ...parts].join('  ').length;
  const ofLabel = label ? Math.min(label.length, SHORT_LABEL) + 2 : 0;
  while (parts.length > needed && room() < least + ofLabel) parts.pop();
  while (parts.length > 1 && room() < least) parts.pop();

  const title = shorten(label, room() - least - 2);
  const rest = room() - (title ? title.length + 2 : 0);
  const bar = known && rest >= least ? [draw(batch / batches, Math.min(rest - 2, WIDEST))] : [];
  return [...(title ? [title] : []), ...head, ...bar, ...parts]
    .join('  ')
    .slice(0, Math.max(width, 0));
}

/** A label cut to a width, or nothing where what is left would say nothing. */
function shorten(text: string, width: number): string {
  if (text.length <= width) return text;
  return width >= LEAST_LABEL ? `${text.slice(0, width - 1).trimEnd()}…` : '';
}
