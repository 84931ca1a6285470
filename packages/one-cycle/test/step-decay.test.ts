import { describe, expect, it } from '@jest/globals';
import { combine, constant, stepDecay, type StepDecayOptions } from '@tfloop/one-cycle';

const atEpoch = (epoch: number) => ({ step: epoch * 10, epoch, initial: 0.1 });

describe('stepDecay', () => {
  it('divides the first value by 5 after epochs 60, 120 and 160', () => {
    const schedule = stepDecay({ epochs: [60, 120, 160], factor: 0.2 });
    const values = [0, 59, 60, 119, 120, 159, 160, 199].map((epoch) =>
      schedule(epoch / 200, atEpoch(epoch)),
    );
    // 0.1, 0.1·0.2 = 0.02, 0.004, 0.0008
    const expected = [0.1, 0.1, 0.02, 0.02, 0.004, 0.004, 0.0008, 0.0008];
    values.forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i]!, 12);
    });
  });

  it('needs no length for epochs, and has no value without one for positions', () => {
    expect(stepDecay({ epochs: [2], factor: 0.5 })(NaN, atEpoch(2))).toBe(0.05);
    expect(stepDecay({ positions: [0.5], factor: 0.5 })(NaN, atEpoch(2))).toBeNaN();
  });

  it('decays at positions', () => {
    const schedule = stepDecay({ positions: [0.5, 0.75], factor: 0.5 });
    expect([0, 0.49, 0.5, 0.75, 1].map((p) => schedule(p, atEpoch(0)))).toEqual([
      0.1, 0.1, 0.05, 0.025, 0.025,
    ]);
  });

  it('is a part of a combination', () => {
    const schedule = combine([
      { fraction: 0.1, schedule: constant(0.01) },
      { fraction: 0.9, schedule: stepDecay({ epochs: [5], factor: 0.1 }) },
    ]);
    expect(schedule(0, atEpoch(0))).toBe(0.01);
    expect(schedule(0.2, atEpoch(2))).toBe(0.1);
    expect(schedule(0.5, atEpoch(5))).toBeCloseTo(0.01, 12);
  });

  it('changes nothing without milestones', () => {
    expect(stepDecay({ epochs: [], factor: 0.5 })(1, atEpoch(9))).toBe(0.1);
  });

  it('refuses what it does not understand', () => {
    const refused = (options: object) => () => stepDecay(options as StepDecayOptions);
    expect(refused({ factor: 0.2 })).toThrow('stepDecay: give either epochs or positions');
    expect(refused({ factor: 0.2, epochs: [1], positions: [0.5] })).toThrow('give either');
    expect(refused({ factor: 0, epochs: [1] })).toThrow('stepDecay: factor must be a number > 0');
    expect(refused({ factor: 0.2, epochs: [1.5] })).toThrow(
      'stepDecay: epochs[0] must be an integer >= 0, got 1.5',
    );
    expect(refused({ factor: 0.2, positions: [2] })).toThrow('stepDecay: positions[0] must be');
    expect(refused({ factor: 0.2, epochs: [5, 5] })).toThrow(
      'stepDecay: epochs must rise, got 5, 5',
    );
    expect(refused({ factor: 0.2, milestones: [5] })).toThrow(
      'stepDecay: there is no option "milestones"',
    );
  });
});
