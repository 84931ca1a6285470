import { OPTIMIZERS } from './optimizers.ts';
import { DATASETS, DEFAULTS, MODELS, RESETS, SCHEDULES } from './settings.ts';

const { epochs, examples, batchSize, dataset, schedule, mixup, model, seeds, resets } = DEFAULTS;

/** What `--help` says. */
export const HELP = `tfloop-study: trains optimizers side by side and compares them

usage: npm run study -- [options]

  --optimizers LIST   ${OPTIMIZERS.join(',')}
                      (default: all)
  --seeds N | LIST    how many, or which: 3 is 1,2,3; "7," is the one seed 7 (default: ${seeds.length});
                      intervals of confidence take three
  --reset LIST        when the optimizer's state is reset: ${RESETS.join(', ')};
                      several are compared (default: ${resets.join(',')})
  --epochs N          2 at least for --reset epoch (default: ${epochs})
  --dataset NAME      ${DATASETS.join(', ')} (default: ${dataset})
  --download          lets fashion-mnist be downloaded where it is missing (31 MB)
  --examples N        training images, a batch and ten of each class at least
                      (default: ${examples})
  --batch-size N      (default: ${batchSize})
  --schedule NAME     of the learning rate: ${SCHEDULES.join(', ')} (default: ${schedule})
  --mixup ALPHA       0 mixes nothing (default: ${mixup})
  --model NAME        ${MODELS.join(', ')} (default: ${model})
  --backend NAME      native, wasm, cpu (default: the fastest that works)
  --progress HOW      auto, bar, lines, none (default: auto)
  --wandb [MODE]      tracks every run with Weights & Biases, in the results' folder: offline, or
                      online as well (default: WANDB_MODE, else offline)
  --out DIR           folder for the results, which must hold none yet (default: a new one in
                      runs/)
  --resume DIR        goes on with the study in this folder, with its settings
  -h, --help          this text

Writes report.html, results.json and results.csv after every run, and checkpoints every
epoch and every 30 seconds. Ctrl-C stops after the batch, makes a checkpoint and keeps what
there is; a second Ctrl-C leaves at once. --resume goes on from there, or from the last
checkpoint of a study that was killed.
Exit codes: 0 done, 1 failed, 2 wrong options, 130 stopped by Ctrl-C, 143 by SIGTERM.
`;
