import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { threadId } from 'node:worker_threads';
import { codeOf } from './file-system.ts';

/** This machine, in characters that a name can have. */
const HOST = hostname()
  .replace(/[^\w.-]/g, '_')
  .slice(0, 63);

/** Made by `withTemporaryName`. */
const TEMPORARY = /^\..+~([^~]+)~(\d+)~(\d+)~[0-9a-f]+$/;

/** After how long a write of a machine that can't be asked has surely ended. */
const DAY = 24 * 60 * 60 * 1000;

/** Names in use by this thread. */
const inUse = new Set<string>();

/** Runs with a temporary name of what will be, or was, called `name`. No other process takes it for a leftover. */
export async function withTemporaryName(
  name: string,
  work: (temporary: string) => Promise<void>,
): Promise<void> {
  const plain = name.replace(/^\./, '').split('~')[0] ?? '';
  const random = randomBytes(6).toString('hex');
  const temporary = `.${plain}~${HOST}~${process.pid}~${threadId}~${random}`;
  inUse.add(temporary);
  try {
    await work(temporary);
  } finally {
    inUse.delete(temporary);
  }
}

/** Whether an entry is a temporary name of a write that has ended without taking it away. */
export async function isLeftover(
  entry: string,
  stat: () => Promise<{ readonly mtimeMs: number }>,
): Promise<boolean> {
  const [, host, pid, thread] = TEMPORARY.exec(entry) ?? [];
  if (host === undefined) return false;
  if (host !== HOST) return (await stat()).mtimeMs < Date.now() - DAY;
  if (Number(pid) !== process.pid) return !isAlive(Number(pid));
  if (Number(thread) === threadId) return !inUse.has(entry);
  // Of another thread, or of a process before this one that had its number, as in a container that was started again.
  return (await stat()).mtimeMs < Date.now() - process.uptime() * 1000;
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // One that may not be sent signals to is there.
    return codeOf(error) === 'EPERM';
  }
}
