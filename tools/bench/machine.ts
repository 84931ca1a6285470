import { arch, availableParallelism, cpus, loadavg, platform } from 'node:os';

/** The machine in a line. */
export function machine(): string {
  const [first, ...others] = cpus();
  return `${1 + others.length} × ${first?.model ?? '?'}, ${platform()} ${arch()}, Node ${process.version}`;
}

/** What else the machine did in the last minute: the bench alone takes one to two of its cores. */
export function load(): string {
  return `load ${loadavg()[0]?.toFixed(2) ?? '?'}`;
}

/** What to say before a run on a machine that is busy already; undefined where it is not. */
export function busy(): string | undefined {
  const [lastMinute = 0] = loadavg();
  return lastMinute > availableParallelism() / 2
    ? `the machine is busy (${load()} on ${availableParallelism()} cores): wide quartiles are its, and figures are to be taken again`
    : undefined;
}
