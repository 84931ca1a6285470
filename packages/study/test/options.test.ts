import { describe, expect, test } from '@jest/globals';
import { completeSettings, parseOptions, UsageError } from '@tfloop/study';

test('has defaults for everything', () => {
  expect(parseOptions([])).toEqual({
    help: false,
    settings: {
      optimizers: ['sgd', 'adamw', 'rmsprop', 'lookahead-sgd', 'lookahead-adamw'],
      seeds: [1, 2, 3],
      resets: ['none'],
      epochs: 3,
      dataset: 'digits',
      examples: 8000,
      batchSize: 64,
      schedule: 'one-cycle',
      mixup: 0,
      model: 'conv-net',
    },
    out: undefined,
    backend: undefined,
    show: 'auto',
    download: false,
    wandb: undefined,
    resume: undefined,
  });
});

test('takes every option', () => {
  const args =
    '--optimizers lookahead-sgd,sgd --seeds 4,2 --reset none,lookahead-sync --epochs 7 --dataset fashion-mnist ' +
    '--examples 500 --batch-size=16 --schedule step-decay --mixup 0.2 --model mlp --out here --backend cpu --progress none --download --wandb online';
  expect(parseOptions(args.split(' '))).toEqual({
    help: false,
    settings: {
      optimizers: ['lookahead-sgd', 'sgd'],
      seeds: [4, 2],
      resets: ['none', 'lookahead-sync'],
      epochs: 7,
      dataset: 'fashion-mnist',
      examples: 500,
      batchSize: 16,
      schedule: 'step-decay',
      mixup: 0.2,
      model: 'mlp',
    },
    out: 'here',
    backend: 'cpu',
    show: 'none',
    download: true,
    wandb: 'online',
    resume: undefined,
  });
});

test('--resume leaves the settings to the study, but for those that are given', () => {
  expect(parseOptions(['--resume', 'here', '--out', './here/', '--epochs', '4'])).toEqual({
    help: false,
    resume: 'here',
    settings: { epochs: 4 },
    backend: undefined,
    show: 'auto',
    download: false,
  });
});

test.each([
  ['3', [1, 2, 3]],
  ['1', [1]],
  ['7,', [7]],
  ['5, -1', [5, -1]],
  ['-1,5', [-1, 5]],
])('reads --seeds %j', (text, seeds) => {
  expect(parseOptions(['--seeds', text]).settings.seeds).toEqual(seeds);
});

test.each([
  [['--wandb'], 'environment'],
  [['--wandb', '--epochs', '1'], 'environment'],
  [['--wandb', 'offline'], 'offline'],
  [['--wandb=online'], 'online'],
])('reads %j', (args, wandb) => {
  expect(parseOptions(args)).toMatchObject({ wandb });
});

describe('refuses', () => {
  test.each([
    [['--epochs', '0'], '--epochs must be an integer >= 1, got 0'],
    [['--epochs', 'many'], '--epochs must be an integer >= 1, got "many"'],
    [['--epochs', ''], '--epochs must be an integer >= 1, got ""'],
    [['--batch-size', '1.5'], '--batch-size must be an integer >= 1, got 1.5'],
    [['--examples', '0'], '--examples must be an integer >= 1, got 0'],
    [['--mixup=-1'], '--mixup must be a number >= 0, got -1'],
    [['--mixup', '-1'], '--mixup must be a number >= 0, got -1'],
    [['--mixup', '-.5'], '--mixup must be a number >= 0, got -0.5'],
    [['--mixup', '--epochs', '3'], '--mixup must be followed by a value'],
    [['--seeds'], '--seeds must be followed by a value'],
    [['--examples', '5'], '--examples must be an integer >= 64, which is one batch, got 5'],
    [
      ['--reset', 'none,epoch', '--epochs', '1'],
      '--epochs must be an integer >= 2 where --reset holds "epoch", as the first epoch begins without a reset, got 1',
    ],
    [['--dataset', 'cifar'], '--dataset must be one of "digits", "fashion-mnist", got "cifar"'],
    [
      ['--optimizers', 'sgd,adam'],
      '--optimizers must be one of "sgd", "adamw", "rmsprop", "lookahead-sgd", "lookahead-adamw", got "adam"',
    ],
    [['--optimizers', 'sgd,sgd'], '--optimizers must hold each value once, got sgd, sgd'],
    [['--optimizers', ','], '--optimizers must not be empty'],
    [['--seeds', '0'], '--seeds must be how many (1 to 1000) or a list such as 1,2,3, got "0"'],
    [['--seeds', 'x'], '--seeds must be how many (1 to 1000) or a list such as 1,2,3, got "x"'],
    [['--seeds', '1,x'], '--seeds must be an integer, got "x"'],
    [['--seeds', '1,1'], '--seeds must hold each value once, got 1, 1'],
    [['--reset', 'never'], '--reset must be one of "none", "lookahead-sync", "epoch", got "never"'],
    [
      ['--reset', 'lookahead-sync', '--optimizers', 'sgd'],
      '--reset must hold more than "lookahead-sync" where no optimizer has Lookahead, got sgd',
    ],
    [
      ['--schedule', 'cosine'],
      '--schedule must be one of "none", "one-cycle", "step-decay", got "cosine"',
    ],
    [['--model', 'resnet'], '--model must be one of "conv-net", "mlp", got "resnet"'],
    [['--backend', 'gpu'], '--backend must be one of "native", "wasm", "cpu", got "gpu"'],
    [
      ['--progress', 'loud'],
      '--progress must be one of "auto", "bar", "lines", "none", got "loud"',
    ],
    [['--wandb', 'on'], '--wandb must be one of "offline", "online", got "on"'],
    [['--wandb=disabled'], '--wandb must be one of "offline", "online", got "disabled"'],
    [['--download'], '--download is for --dataset fashion-mnist, got --dataset digits'],
    [['--out', ''], '--out must be a folder, got ""'],
    [['--resume', ' '], '--resume must be a folder, got " "'],
    [
      ['--resume', 'here', '--out', 'there'],
      '--out must be left out with --resume, which names the folder, got "there"',
    ],
  ])('%j', (args, message) => {
    expect(() => parseOptions(args)).toThrow(new UsageError(`tfloop-study: ${message}`));
  });

  test.each([[['--epoch', '3']], [['digits']], [['--epochs']]])('%j', (args) => {
    const name = (args[0] ?? '').replace(/^--/, '');
    expect(() => parseOptions(args)).toThrow(UsageError);
    expect(() => parseOptions(args)).toThrow(name);
  });
});

test('settings of the API are called by their own names', () => {
  expect(() => completeSettings({ batchSize: 0 })).toThrow(
    new RangeError('study: batchSize must be an integer >= 1, got 0'),
  );
  expect(() => completeSettings({ epoch: 1 } as object)).toThrow(
    /^study: there is no option "epoch"/,
  );
});
