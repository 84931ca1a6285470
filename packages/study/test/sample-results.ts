import type { Results, RunResult } from '@tfloop/study';

/** A run whose last epoch has these figures; its first epoch is worse by a half. */
export function sampleRun(
  optimizer: RunResult['optimizer'],
  seed: number,
  { validLoss = 0.5, accuracy = 0.9, reset = 'none', status = 'complete' }: Sample = {},
): RunResult {
  const row = (epoch: number, factor: number) => ({
    epoch,
    trainLoss: 0.25 * factor,
    smoothLoss: 0.25 * factor,
    validLoss: validLoss * factor,
    metrics: { accuracy: accuracy / factor },
    trainMetrics: {},
    hyperparameters: { lr: 0.01 },
    seconds: 1.5,
  });
  return {
    optimizer,
    seed,
    reset,
    status,
    firstLoss: 2.5,
    steps: 10,
    seconds: 3,
    history: [row(0, 1.5), row(1, 1)],
  };
}

interface Sample {
  validLoss?: number;
  accuracy?: number;
  reset?: RunResult['reset'];
  status?: RunResult['status'];
}

/** Results of two epochs with these runs. */
export function sampleResults(
  runs: readonly RunResult[],
  settings: Partial<Results['settings']> = {},
): Results {
  return {
    schema: 'tfloop-study/1',
    startedAt: '2026-01-02T03:04:05.000Z',
    seconds: 12.5,
    planned: 4,
    settings: {
      optimizers: ['sgd', 'lookahead-sgd'],
      seeds: [1, 2],
      resets: ['none'],
      epochs: 2,
      dataset: 'digits',
      examples: 40,
      batchSize: 8,
      schedule: 'none',
      mixup: 0,
      model: 'mlp',
      ...settings,
    },
    data: { name: 'digits <b>&', trainExamples: 40, heldOutExamples: 20, classes: 10 },
    weights: 1234,
    environment: { backend: 'cpu', node: 'v20', platform: 'linux x64', processors: 2 },
    runs,
  };
}

/** SGD and Lookahead on it, three seeds each. */
export const sampleRuns: readonly RunResult[] = [
  sampleRun('sgd', 1, { validLoss: 0.5, accuracy: 0.9 }),
  sampleRun('lookahead-sgd', 1, { validLoss: 0.4, accuracy: 0.92 }),
  sampleRun('sgd', 2, { validLoss: 0.6, accuracy: 0.8 }),
  sampleRun('lookahead-sgd', 2, { validLoss: 0.58, accuracy: 0.84 }),
  sampleRun('sgd', 3, { validLoss: 0.55, accuracy: 0.85 }),
  sampleRun('lookahead-sgd', 3, { validLoss: 0.49, accuracy: 0.88 }),
];
