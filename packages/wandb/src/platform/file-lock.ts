import { readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { LogInUseError } from '../log-errors.ts';

/** Who holds a lock. */
interface Holder {
  readonly host: string;
  readonly pid: number;
  /** When the process began, by the system's clock; numbers of processes come again. */
  readonly started: string | undefined;
}

/** Milliseconds between two signs of life, and after which one of another machine counts as dead. */
const SIGN_EVERY = 10_000;
const DEAD_AFTER = 30_000;

/** Those of this process. */
const held = new Set<string>();

/**
 * Locks a file by one beside it, `<path>.lock`, which tells who has it and is touched as long as they live. Returns what
 * lets go of it. One that a dead process has left is taken over.
 *
 * Throws a {@link LogInUseError} where another one holds it. Node has no locks of the system's, which a process can't
 * leave behind.
 */
export function lockFile(path: string): () => void {
  const file = `${resolve(path)}.lock`;
  const me = JSON.stringify({ host: hostname(), pid: process.pid, started: startOf(process.pid) });
  for (;;) {
    if (holderOf(path) !== undefined) throw new LogInUseError(path);
    try {
      writeFileSync(file, me, { flag: 'wx' });
      break;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    takeAway(path, file);
  }
  held.add(file);
  const signs = setInterval(() => {
    const now = new Date();
    ignoringErrors(() => utimesSync(file, now, now));
  }, SIGN_EVERY);
  signs.unref();
  return () => {
    clearInterval(signs);
    held.delete(file);
    if (textOf(file) === me) rmSync(file, { force: true });
  };
}

/**
 * Whether a file is locked by somebody who lives: `'here'`, on this machine, or `'elsewhere'`, on another one, of which it
 * can only be told after {@link DEAD_AFTER} whether it is dead.
 */
export function holderOf(path: string): 'here' | 'elsewhere' | undefined {
  const file = `${resolve(path)}.lock`;
  if (held.has(file)) return 'here';
  const text = textOf(file);
  if (text === undefined) return undefined;
  const holder = parse(text);
  if (holder?.host === hostname()) return isAlive(holder) ? 'here' : undefined;
  // Of another machine, or not written to its end.
  const touched = statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? -Infinity;
  return Date.now() - touched < DEAD_AFTER ? 'elsewhere' : undefined;
}

/** Removes a dead one's lock; throws where somebody else has been faster. */
function takeAway(path: string, file: string): void {
  const dead = textOf(file);
  if (dead === undefined || holderOf(path) !== undefined) return;
  const away = `${file}.${process.pid}`;
  ignoringErrors(() => renameSync(file, away));
  if (textOf(away) === dead) {
    rmSync(away, { force: true });
    return;
  }
  ignoringErrors(() => renameSync(away, file));
  throw new LogInUseError(path);
}

function isAlive({ pid, started }: Holder): boolean {
  // This process holds what is in `held`, and no more: another one of its number did.
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    // It is there and another user's.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  return started === undefined || startOf(pid) === started;
}

/** When a process began, in a unit of the system's; undefined where that is not told. */
function startOf(pid: number): string | undefined {
  // After its name, which may hold anything, in parentheses.
  return textOf(`/proc/${pid}/stat`)?.split(') ').at(-1)?.split(' ')[19];
}

function parse(text: string): Holder | undefined {
  try {
    const { host, pid, started } = JSON.parse(text) as Partial<Holder>;
    return typeof host === 'string' && Number.isSafeInteger(pid) && Number(pid) > 0
      ? { host, pid: Number(pid), started }
      : undefined;
  } catch {
    return undefined;
  }
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

function ignoringErrors(work: () => void): void {
  try {
    work();
  } catch {
    // The file is gone, which whoever needs it finds out.
  }
}
