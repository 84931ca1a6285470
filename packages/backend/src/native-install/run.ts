import { spawn } from 'node:child_process';
import { messageOf } from '../message-of.ts';
import { Failure } from './failure.ts';

/** How a command is run. */
export interface RunOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Ends the command and all that it started. */
  readonly signal?: AbortSignal;
}

/** How a command ended. */
export interface Ran {
  /** The exit code; 127 when there is no such command, 128 when a signal ended it. */
  readonly code: number;
  /** The signal that ended it, such as SIGILL. */
  readonly killedBy: string | undefined;
  /** The last 200,000 characters of both streams. */
  readonly output: string;
}

const keptCharacters = 200_000;
const isWindows = process.platform === 'win32';

/** Runs a command to its end without a terminal; throws a Failure only when `signal` aborts. */
export async function run(
  command: string,
  args: readonly string[],
  { cwd, env, signal }: RunOptions = {},
): Promise<Ran> {
  if (signal?.aborted === true) throw new Failure('interrupted', 'interrupted');
  return new Promise((resolve, reject) => {
    // A group of its own, so that a compiler does not outlive an interrupt.
    const child = spawn(command, args, {
      cwd,
      env,
      detached: !isWindows,
      stdio: ['ignore', 'pipe', 'pipe'],
      // npm is a script there.
      shell: isWindows && !/[\\/]/.test(command),
    });
    let output = '';
    const take = (chunk: string): void => {
      output = (output + chunk).slice(-keptCharacters);
    };
    child.stdout.setEncoding('utf8').on('data', take);
    child.stderr.setEncoding('utf8').on('data', take);
    const stop = (): void => {
      if (child.pid === undefined) return;
      try {
        process.kill(isWindows ? child.pid : -child.pid, 'SIGTERM');
      } catch {
        // It has ended by itself.
      }
    };
    signal?.addEventListener('abort', stop, { once: true });
    const end = (ran: Omit<Ran, 'output'>): void => {
      signal?.removeEventListener('abort', stop);
      if (signal?.aborted === true) reject(new Failure('interrupted', 'interrupted'));
      else resolve({ ...ran, output });
    };
    child.on('error', (error) => {
      output += messageOf(error);
      end({ code: 127, killedBy: undefined });
    });
    child.on('close', (code, killedBy) =>
      end({ code: code ?? 128, killedBy: killedBy ?? undefined }),
    );
  });
}
