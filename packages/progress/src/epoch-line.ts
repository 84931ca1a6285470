import type { HistoryRow } from '@tfloop/core';
import { figure } from './figure.ts';

/** An epoch in one line: `epoch 1/3  loss 0.4120  valid 0.3180  accuracy 0.9050  12.3 s`. */
export function epochLine(row: HistoryRow, epochs: number, label = ''): string {
  const parts = [
    ...(label ? [label] : []),
    `epoch ${row.epoch + 1}/${epochs}`,
    `loss ${figure(row.trainLoss)}`,
    ...figures(row.trainMetrics, 'train '),
    ...validation(row),
    `${row.seconds.toFixed(1)} s`,
  ];
  return parts.join('  ');
}

/** The validation figures of a row, each with its name. */
export function validation({ validLoss, metrics }: HistoryRow): string[] {
  return [...(validLoss === undefined ? [] : [`valid ${figure(validLoss)}`]), ...figures(metrics)];
}

function figures(metrics: Readonly<Record<string, number>>, prefix = ''): string[] {
  return Object.entries(metrics).map(([name, value]) => `${prefix}${name} ${figure(value)}`);
}
