import { expect, test } from '@jest/globals';
import { lossAlerts, type SavedAlerts } from '../src/loss-alerts.ts';
import type { Alert } from '../src/wandb-run.ts';

/** Alerts that epochs' losses make. */
function alertsOf(losses: readonly number[], saved?: SavedAlerts) {
  const told: Alert[] = [];
  const alerts = lossAlerts((alert) => told.push(alert), saved);
  losses.forEach((loss, epoch) => alerts.epoch(loss, epoch));
  return { told, saved: alerts.saved() };
}

test('a loss that is ten times the least so far runs away, which is told once', () => {
  expect(alertsOf([2, 0.5, 5, 0.4, 3.9]).told).toEqual([]);
  expect(alertsOf([2, 0.5, 5.1, 9]).told).toEqual([
    { title: 'The loss runs away', text: 'It was 5.1 in epoch 2, and 0.5 before.', level: 'WARN' },
  ]);
});

test('one that is not finite is told of once, and is not the least of any', () => {
  const { told } = alertsOf([NaN, 1, -Infinity, 0.5]);
  expect(told.map(({ title, text }) => [title, text])).toEqual([
    ['The loss is not finite', 'It was NaN in epoch 0.'],
  ]);
  expect(alertsOf([NaN, 1, 11]).told).toHaveLength(2);
});

test('a fit that goes on knows what was seen and told before', () => {
  const kept = JSON.parse(JSON.stringify(alertsOf([1]).saved)) as SavedAlerts;
  expect(alertsOf([11, 12], kept).told).toHaveLength(1);
  expect(alertsOf([11, NaN], alertsOf([1, 11, NaN]).saved).told).toEqual([]);
  expect(alertsOf([1, 9], alertsOf([]).saved).told).toEqual([]);
});
