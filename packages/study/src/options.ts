import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { check } from '@tfloop/core';
import type { OptimizerName } from './optimizers.ts';
import {
  completeSettings,
  type DatasetName,
  type ModelName,
  type Naming,
  type Reset,
  type Schedule,
  type StudySettings,
} from './settings.ts';
import type { WandbMode } from './wandb-runs.ts';

/** What the command line asks for: a new study, or to go on with one. */
export type Options = CommonOptions & (NewStudy | ResumedStudy);

interface NewStudy {
  readonly resume: undefined;
  readonly settings: StudySettings;
  /** Folder for the results; undefined for a new one. */
  readonly out: string | undefined;
}

interface ResumedStudy {
  /** The folder of a study to go on with. */
  readonly resume: string;
  /** Those that were given, unchecked: they are to be those of the study. */
  readonly settings: Partial<StudySettings>;
}

interface CommonOptions {
  readonly help: boolean;
  readonly backend: 'native' | 'wasm' | 'cpu' | undefined;
  readonly show: 'auto' | 'bar' | 'lines' | 'none';
  /** Whether a data set may be downloaded. */
  readonly download: boolean;
  /** Whether and where the runs are tracked with Weights & Biases. */
  readonly wandb: WandbMode | undefined;
}

/** Something is wrong with the command line, and the message says what. */
export class UsageError extends Error {}

const FLAGS: Readonly<Record<keyof StudySettings, string>> = {
  optimizers: '--optimizers',
  seeds: '--seeds',
  resets: '--reset',
  epochs: '--epochs',
  dataset: '--dataset',
  examples: '--examples',
  batchSize: '--batch-size',
  schedule: '--schedule',
  mixup: '--mixup',
  model: '--model',
};
/** How the command speaks of settings. */
export const NAMING: Naming = { owner: 'tfloop-study', nameOf: (key) => FLAGS[key] };

/** Reads a command line. Throws a UsageError that names the option, the rule and the value. */
export function parseOptions(args: readonly string[]): Options {
  try {
    return read(args);
  } catch (error) {
    const { message } = plainly(error as Error);
    throw new UsageError(
      message.startsWith('tfloop-study: ') ? message : `tfloop-study: ${message}`,
    );
  }
}

function read(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: joinValues(args),
    options: {
      help: { type: 'boolean', short: 'h', default: false },
      optimizers: { type: 'string' },
      seeds: { type: 'string' },
      reset: { type: 'string' },
      epochs: { type: 'string' },
      dataset: { type: 'string' },
      download: { type: 'boolean', default: false },
      examples: { type: 'string' },
      'batch-size': { type: 'string' },
      schedule: { type: 'string' },
      mixup: { type: 'string' },
      model: { type: 'string' },
      out: { type: 'string' },
      resume: { type: 'string' },
      backend: { type: 'string' },
      progress: { type: 'string', default: 'auto' },
      wandb: { type: 'string' },
    },
  });
  const { out, resume, backend, progress: show, wandb } = values;
  check.oneOf(NAMING.owner, '--progress', show, ['auto', 'bar', 'lines', 'none']);
  if (backend !== undefined)
    check.oneOf(NAMING.owner, '--backend', backend, ['native', 'wasm', 'cpu']);
  if (wandb) check.oneOf(NAMING.owner, '--wandb', wandb, ['offline', 'online']);
  for (const [name, folder] of Object.entries({ out, resume }))
    if (folder?.trim() === '')
      throw new RangeError(
        `tfloop-study: --${name} must be a folder, got ${JSON.stringify(folder)}`,
      );
  // What these casts let through is checked by value: by completeSettings, or against the study to go on with.
  const given = withoutUndefined({
    optimizers: listOf(values.optimizers) as OptimizerName[] | undefined,
    seeds: seedsOf(values.seeds),
    resets: listOf(values.reset) as Reset[] | undefined,
    epochs: numberOf(values.epochs),
    dataset: values.dataset as DatasetName | undefined,
    examples: numberOf(values.examples),
    batchSize: numberOf(values['batch-size']),
    schedule: values.schedule as Schedule | undefined,
    mixup: numberOf(values.mixup),
    model: values.model as ModelName | undefined,
  });
  const common: CommonOptions = {
    help: values.help,
    backend: backend as Options['backend'],
    show: show as Options['show'],
    download: values.download,
    wandb: wandb === '' ? 'environment' : (wandb as 'offline' | 'online' | undefined),
  };
  if (resume !== undefined) {
    if (out !== undefined && resolve(out) !== resolve(resume))
      throw new RangeError(
        `tfloop-study: --out must be left out with --resume, which names the folder, got ${JSON.stringify(out)}`,
      );
    return { ...common, resume, settings: given };
  }
  const settings = completeSettings(given, NAMING);
  if (values.download && settings.dataset !== 'fashion-mnist')
    throw new RangeError(
      `tfloop-study: --download is for --dataset fashion-mnist, got --dataset ${settings.dataset}`,
    );
  return { ...common, resume, settings, out };
}

/**
 * `--mixup -1` as `--mixup=-1`: it is a number that breaks the option's rule, not another option. And `--wandb` alone as
 * `--wandb=`, as it is the one option that may go without its value.
 */
function joinValues(args: readonly string[]): string[] {
  const joined: string[] = [];
  for (const arg of args) {
    const last = joined.at(-1) ?? '';
    const isNegative = /^-[\d.]/.test(arg) && /^--[a-z-]+$/.test(last);
    const isMode = last === '--wandb=' && !arg.startsWith('-');
    if (isNegative) joined.splice(-1, 1, `${last}=${arg}`);
    else if (isMode) joined.splice(-1, 1, `${last}${arg}`);
    else joined.push(arg === '--wandb' ? '--wandb=' : arg);
  }
  return joined;
}

/** Node's errors about an option without its value, in one short sentence. */
function plainly(error: Error): Error {
  const name = /^Option '(--[a-z-]+)(?: <value>)?' argument (?:missing|is ambiguous)/.exec(
    error.message,
  )?.[1];
  return name ? new Error(`${name} must be followed by a value`) : error;
}

function listOf(text: string | undefined): string[] | undefined {
  return text
    ?.split(',')
    .map((item) => item.trim())
    .filter(Boolean);
}

/** A lone number is how many: seeds 1, 2, …; a list is the seeds themselves, `7,` that one seed. */
function seedsOf(text: string | undefined): number[] | undefined {
  if (text === undefined) return undefined;
  if (text.includes(',')) return listOf(text)?.map((item) => numberOf(item) ?? NaN);
  const count = Number(text);
  if (text.trim() === '' || !Number.isInteger(count) || count < 1 || count > 1000)
    throw new RangeError(
      `tfloop-study: --seeds must be how many (1 to 1000) or a list such as 1,2,3, got ${JSON.stringify(text)}`,
    );
  return Array.from({ length: count }, (_, i) => i + 1);
}

/** The number, or the text itself where it is none, so that the message can show it. */
function numberOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const number = text.trim() === '' ? NaN : Number(text);
  return Number.isNaN(number) ? (text as unknown as number) : number;
}

function withoutUndefined<T extends object>(
  object: T,
): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const defined = Object.entries(object).filter(([, value]) => value !== undefined);
  return Object.fromEntries(defined) as { [K in keyof T]?: Exclude<T[K], undefined> };
}
