import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { threadId } from 'node:worker_threads';

/** Who holds a lock: a thread of a process of a place. */
export interface LockHolder {
  readonly host: string;
  /** The start of the machine and the space of process numbers; undefined where the system does not tell. */
  readonly boot?: string | undefined;
  readonly space?: string | undefined;
  readonly pid: number;
  /** When the process began, by the system's clock; numbers of processes come again. */
  readonly started?: string | undefined;
  readonly thread?: number | undefined;
}

/** This thread. */
export function thisHolder(): LockHolder {
  return {
    host: hostname(),
    boot: textOf('/proc/sys/kernel/random/boot_id')?.trim(),
    space: orUndefined(() => readlinkSync('/proc/self/ns/pid')),
    pid: process.pid,
    started: statOf(process.pid)?.started,
    thread: threadId,
  };
}

/** Reads who holds a lock from its text; undefined where that does not say it. */
export function parseHolder(text: string): LockHolder | undefined {
  const parsed = orUndefined(() => JSON.parse(text) as Partial<LockHolder> | null);
  if (typeof parsed?.host !== 'string') return undefined;
  const { pid } = parsed;
  return typeof pid === 'number' && Number.isSafeInteger(pid) && pid > 0
    ? { ...parsed, host: parsed.host, pid }
    : undefined;
}

/**
 * Whether a holder lives, who is not this thread: `'unknown'` where only its signs of life can tell whether it does;
 * `'foreign'` where its process can't be seen from here.
 */
export function lifeOf(holder: LockHolder): 'alive' | 'dead' | 'unknown' | 'foreign' {
  const me = thisHolder();
  // Machines and containers may share a name. After a new start of the machine there are no signs of life either.
  if (holder.host !== me.host || holder.boot !== me.boot || holder.space !== me.space)
    return 'foreign';
  if (holder.pid === me.pid) {
    // A container that starts again has the numbers of before.
    if (holder.started !== me.started) return 'dead';
    // What this thread holds is known to it. Other threads can't be asked.
    return holder.thread === me.thread ? 'dead' : 'unknown';
  }
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    // It is there and another user's.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return 'dead';
  }
  const stat = statOf(holder.pid);
  if (holder.started === undefined || !stat) return 'unknown';
  // A process that is dead keeps its number until its parent asks for it, which not every parent does.
  return stat.started === holder.started && !/[ZX]/i.test(stat.state) ? 'alive' : 'dead';
}

/** The state of a process, and its start in a unit of the system's; undefined where that is not told. */
function statOf(pid: number): { readonly state: string; readonly started: string } | undefined {
  // After its name, which may hold anything, in parentheses.
  const fields = textOf(`/proc/${pid}/stat`)?.split(') ').at(-1)?.split(' ');
  const [state, started] = [fields?.[0], fields?.[19]];
  return state === undefined || started === undefined ? undefined : { state, started };
}

function textOf(file: string): string | undefined {
  return orUndefined(() => readFileSync(file, 'utf8'));
}

function orUndefined<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}
