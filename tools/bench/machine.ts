import { arch, cpus, platform, type CpuInfo } from 'node:os';
import { setTimeout } from 'node:timers/promises';

/** So long others are watched before a run, in milliseconds. */
const WATCHED = 500;

/** The share of the cores' time from which others are told of: half a core of two. */
const BUSY = 0.25;

/** The machine in a line. */
export function machine(): string {
  const [first, ...others] = cpus();
  return `${1 + others.length} × ${first?.model ?? '?'}, ${platform()} ${arch()}, Node ${process.version}`;
}

/** The share of all cores' time that others take now, from 0 to 1: the bench itself waits meanwhile. */
export async function takenByOthers(): Promise<number> {
  const before = cpus();
  await setTimeout(WATCHED);
  return shareTaken(before, cpus());
}

/** The share of the cores' time from one look at them to the next that they were not idle; 0 where no time went by. */
export function shareTaken(before: readonly CpuInfo[], after: readonly CpuInfo[]): number {
  const idle = sum(after, idleOf) - sum(before, idleOf);
  const all = sum(after, timeOf) - sum(before, timeOf);
  return all > 0 ? 1 - idle / all : 0;
}

/** What others take, in words. */
export function load(taken: number): string {
  return `others took ${(100 * taken).toFixed(0)} % of the cores before`;
}

/** What to say before a run on a machine of which others take so much; undefined where it is not busy. */
export function busy(taken: number): string | undefined {
  return taken >= BUSY
    ? `the machine is busy (others take ${(100 * taken).toFixed(0)} % of its cores): wide quartiles are its, and figures are to be taken again`
    : undefined;
}

const idleOf = ({ times }: CpuInfo) => times.idle;
const timeOf = ({ times }: CpuInfo) => Object.values(times).reduce((total, each) => total + each);

function sum(cores: readonly CpuInfo[], of: (core: CpuInfo) => number): number {
  return cores.reduce((total, core) => total + of(core), 0);
}
