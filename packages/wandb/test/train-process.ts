import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { bundleProgram } from '@tfloop/tools/bundle-program';
import type { Training } from './training-process.ts';

/** Makes one file of the training process, so that it starts at once; returns its path. */
export function bundleTraining(folder: string): Promise<string> {
  return bundleProgram(join(import.meta.dirname, 'training-process.ts'), folder);
}

/** A training that runs. */
export interface TrainProcess {
  readonly child: ChildProcess;
  /** Resolves when it has done so many optimizer steps, or has ended. */
  reached(step: number): Promise<void>;
  /** Resolves when the fit has ended, or the process has. */
  readonly fitted: Promise<void>;
  readonly ended: Promise<TrainResult>;
}

export interface TrainResult {
  readonly code: number | null;
  readonly signal: string | null;
  /** The steps that it said it had done. */
  readonly steps: readonly number[];
  readonly fitted: boolean;
  readonly errors: string;
  readonly output: string;
  /** Since the last step. */
  readonly secondsAfter: number;
}

/** Starts a training; `limit` is the most bytes that a file of it may have. */
export function train(
  bundle: string,
  training: Training,
  { env = {}, limit }: { readonly env?: Record<string, string>; readonly limit?: number } = {},
): TrainProcess {
  const command = [process.execPath, bundle, JSON.stringify(training)];
  const [file = '', ...args] =
    limit === undefined
      ? command
      : // The signal is ignored, so that the write fails, as on a full disk.
        ['bash', '-c', `trap '' XFSZ; ulimit -f ${limit / 1024}; exec "$@"`, 'bash', ...command];
  const child = spawn(file, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...withoutWandb(), ...env },
  });
  let [output, errors, last] = ['', '', performance.now()];
  let tellFitted = (): void => undefined;
  const hasFitted = new Promise<void>((resolve) => void (tellFitted = resolve));
  const waiting = new Map<number, () => void>();
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
    if (/^fitted/m.test(output)) tellFitted();
    else last = performance.now();
    for (const [step, resolve] of waiting) if (stepsOf(output).includes(step)) resolve();
  });
  const ended = once(child, 'close').then(([code, signal]: unknown[]) => ({
    code: code as number | null,
    signal: signal as string | null,
    steps: stepsOf(output),
    fitted: /^fitted/m.test(output),
    errors,
    output,
    secondsAfter: (performance.now() - last) / 1000,
  }));
  return {
    child,
    reached: (step) =>
      Promise.race([
        new Promise<void>((resolve) => void waiting.set(step, resolve)),
        ended.then(() => undefined),
      ]),
    fitted: Promise.race([hasFitted, ended.then(() => undefined)]),
    ended,
  };
}

function stepsOf(output: string): number[] {
  return [...output.matchAll(/^(\d+)\n/gm)].map(([, step]) => Number(step));
}

function withoutWandb(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith('WANDB_')),
  );
}
