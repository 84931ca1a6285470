import {
  closeSync,
  lstatSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  utimesSync,
  writeSync,
} from 'node:fs';
import { resolve } from 'node:path';
import { LogInUseError } from '../log-errors.ts';
import { messageOf } from '../message-of.ts';
import { randomId } from '../random-id.ts';
import { lifeOf, parseHolder, thisHolder } from './lock-holder.ts';

/** A lock that is held. */
export interface FileLock {
  /** Throws a {@link LogInUseError} where another one has taken it, as from a process that stood still for long. */
  check(): void;
  /** Lets go of it, where it is still held. */
  unlock(): void;
}

/**
 * Milliseconds between two signs of life, and without any after which a holder is dead: one of another place, and one of
 * this machine of which only the signs tell.
 */
const SIGN_EVERY = 10_000;
const DEAD_AFTER = 30_000;
const DEAD_HERE_AFTER = 60_000;

/** Attempts to lock a file that others lock and let go of meanwhile. */
const ROUNDS = 3;

/** The locks of this thread, also those of another copy of this module. */
const HELD = Symbol.for('tfloop.wandb.heldLocks');
const shared = globalThis as unknown as Record<symbol, Set<string> | undefined>;
const held = (shared[HELD] ??= new Set());

/**
 * Locks a file by one beside it, `<path>.lock`, which tells who has it and is touched as long as they live. One that a
 * dead holder has left is taken over.
 *
 * Throws a {@link LogInUseError} where another one holds it, or where it can't be told or taken away, and the system's
 * error where it can't be written. Node has no locks of the system's, which a process can't leave behind.
 */
export function lockFile(path: string): FileLock {
  const file = lockOf(path);
  const me = JSON.stringify(thisHolder());
  for (let round = 1; ; round++) {
    if (holderOf(path) !== undefined || round > ROUNDS)
      throw new LogInUseError(path, whoHolds(path));
    if (create(file, me)) break;
    takeAway(path, file);
  }
  held.add(file);
  return heldLock(path, file, me);
}

function heldLock(path: string, file: string, me: string): FileLock {
  let seen = Date.now();
  let isLost = false;
  const sign = (): void => {
    if (isLost) return;
    const text = read(file);
    isLost = text !== UNREADABLE && text !== me;
    const now = new Date();
    seen = now.getTime();
    if (!isLost) ignoringErrors(() => utimesSync(file, now, now));
  };
  const signs = setInterval(sign, SIGN_EVERY);
  signs.unref();
  return {
    check() {
      // Whoever could not give signs for a while may have been taken for dead.
      if (Date.now() - seen > 2 * SIGN_EVERY) sign();
      if (isLost) throw new LogInUseError(path, whoHolds(path));
    },
    unlock() {
      clearInterval(signs);
      if (held.delete(file) && read(file) === me) rmSync(file, { force: true });
    },
  };
}

/**
 * Whether a file is locked by somebody who may live: `'here'`, where waiting tells no more, or `'elsewhere'`, of whom it
 * can only be told after {@link DEAD_AFTER} without a sign whether it is dead.
 */
export function holderOf(path: string): 'here' | 'elsewhere' | undefined {
  const file = lockOf(path);
  if (held.has(file)) return 'here';
  const text = read(file);
  if (text === undefined) return undefined;
  if (text === UNREADABLE) return 'here';
  const holder = parseHolder(text);
  // Without a holder it is not written to its end.
  const life = holder ? lifeOf(holder) : 'foreign';
  if (life === 'dead') return undefined;
  if (life === 'alive') return 'here';
  if (life === 'unknown') return silence(file) < DEAD_HERE_AFTER ? 'here' : undefined;
  return silence(file) < DEAD_AFTER ? 'elsewhere' : undefined;
}

/** Who locks a file, and what helps where nobody does any more. */
export function whoHolds(path: string): string {
  const file = lockOf(path);
  const text = read(file);
  if (text === undefined) return `its lock ${file} is gone, so another one may have had it`;
  if (text === UNREADABLE)
    return `its lock ${file} can't be read; if no process writes the log, remove that`;
  const holder = parseHolder(text);
  const who = holder ? `process ${holder.pid} on ${holder.host}` : 'an unknown process';
  return `locked by ${who}; if that is dead, remove ${file}`;
}

function lockOf(path: string): string {
  return `${resolve(path)}.lock`;
}

/** Writes a lock that is not there; false where there is one. */
function create(file: string, text: string): boolean {
  let lock: number;
  try {
    lock = openSync(file, 'wx');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
  try {
    writeSync(lock, text);
    return true;
  } catch (error) {
    ignoringErrors(() => rmSync(file, { force: true }));
    throw error;
  } finally {
    closeSync(lock);
  }
}

/** Removes a dead one's lock; throws where somebody else has been faster. */
function takeAway(path: string, file: string): void {
  const dead = read(file);
  if (dead === undefined || holderOf(path) !== undefined) return;
  const away = `${file}.${randomId(8)}`;
  try {
    renameSync(file, away);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw new LogInUseError(
      path,
      `the lock of a dead process can't be removed (${messageOf(error)}); remove ${file}`,
    );
  }
  if (read(away) === dead) {
    ignoringErrors(() => rmSync(away, { force: true }));
    return;
  }
  ignoringErrors(() => renameSync(away, file));
  throw new LogInUseError(path, whoHolds(path));
}

/** A lock that is there and is no file that can be read, as a folder, or another user's. */
const UNREADABLE = Symbol('unreadable');

/** The text of a lock; undefined where there is none. */
function read(file: string): string | typeof UNREADABLE | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') return UNREADABLE;
  }
  try {
    // A link that leads nowhere is there all the same.
    return lstatSync(file, { throwIfNoEntry: false }) && UNREADABLE;
  } catch {
    return UNREADABLE;
  }
}

/** Milliseconds since the last sign of life. */
function silence(file: string): number {
  try {
    return Date.now() - lstatSync(file).mtimeMs;
  } catch {
    return Infinity;
  }
}

function ignoringErrors(work: () => void): void {
  try {
    work();
  } catch {
    // Whoever needs the file finds out.
  }
}
