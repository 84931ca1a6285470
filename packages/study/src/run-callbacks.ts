import type { Callback } from '@tfloop/core';
import { lookahead } from '@tfloop/lookahead';
import { mixup } from '@tfloop/mixup';
import { oneCycle, schedule, stepDecay } from '@tfloop/one-cycle';
import { stateReset } from '@tfloop/state-reset';
import type { Arm } from './grid.ts';
import { CONTENDERS, LOOKAHEAD } from './optimizers.ts';
import type { StudySettings } from './settings.ts';

/** The callbacks that make an arm: Lookahead, resets, the schedule and mixup. */
export function runCallbacks({ optimizer, reset }: Arm, settings: StudySettings): Callback[] {
  const { inner, values } = CONTENDERS[optimizer];
  return [
    ...(settings.mixup > 0 ? [mixup({ alpha: settings.mixup })] : []),
    ...scheduler(settings, values['lr'] ?? NaN),
    ...(inner ? [lookahead(LOOKAHEAD)] : []),
    ...(reset === 'none' ? [] : [stateReset({ when: reset })]),
  ];
}

function scheduler({ schedule: name }: StudySettings, lr: number): Callback[] {
  // Momentum stays as it is: RMSProp here has none to cycle, and the arms are to differ in one thing only.
  if (name === 'one-cycle') return [oneCycle({ maxLr: lr, momentums: false })];
  // The original divided by 5 after epochs 60, 120 and 160 of 200.
  if (name === 'step-decay')
    return [schedule({ lr: stepDecay({ positions: [0.3, 0.6, 0.8], factor: 0.2 }) })];
  return [];
}
