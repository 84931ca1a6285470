import { arch, cpus, loadavg, platform } from 'node:os';

/** The machine in a line. */
export function machine(): string {
  const [first, ...others] = cpus();
  return `${1 + others.length} × ${first?.model ?? '?'}, ${platform()} ${arch()}, Node ${process.version}`;
}

/** What else the machine did in the last minute: the bench alone takes one to two of its cores. */
export function load(): string {
  return `load ${loadavg()[0]?.toFixed(2) ?? '?'}`;
}
