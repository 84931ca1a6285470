import { readFileSync } from 'node:fs';
import { cpus, freemem, homedir, hostname, loadavg, totalmem } from 'node:os';
import { join } from 'node:path';
import { notice } from '@tfloop/core';
import { syncCommandOf } from '../finish-report.ts';
import type { Host } from './host.ts';
import { gitInfo } from './node-git.ts';
import { watchOutput } from './node-output.ts';
import { stopping, watchStops } from './node-stops.ts';

/** Node: variables, the netrc file, signals and standard streams. */
export const nodeHost: Host = {
  env: (name) => process.env[name],
  netrc,
  name: hostname(),
  runtime: `node ${process.version} ${process.platform} ${process.arch}`,
  program: process.argv[1],
  git: () => (version ??= gitInfo()),
  syncCommand: syncCommandOf,
  say: notice,
  watchOutput,
  watchStops,
  stopping,
  stats,
};

/** Of the program as it was loaded, so that it is asked for once. */
let version: ReturnType<typeof gitInfo> | undefined;

function netrc(): string | undefined {
  const named = process.env['NETRC'];
  const files = named ? [named] : ['.netrc', '_netrc'].map((name) => join(homedir(), name));
  for (const file of files) {
    try {
      return readFileSync(file, 'utf8');
    } catch {
      // There is none, or it is not for this user.
    }
  }
  return undefined;
}

let before = { time: 0, cpu: 0 };

function stats(): Record<string, number> {
  const { rss, heapUsed } = process.memoryUsage();
  const { user, system } = process.cpuUsage();
  const now = { time: performance.now() * 1000, cpu: user + system };
  const used =
    before.time === 0 ? {} : { cpu: (100 * (now.cpu - before.cpu)) / (now.time - before.time) };
  before = now;
  return {
    // Of the process: of one core 100.
    ...used,
    'proc.memory.rssMB': rss / 2 ** 20,
    'proc.memory.percent': (100 * rss) / totalmem(),
    'proc.memory.heapMB': heapUsed / 2 ** 20,
    'proc.memory.availableMB': freemem() / 2 ** 20,
    memory_percent: 100 * (1 - freemem() / totalmem()),
    load: (100 * (loadavg()[0] ?? 0)) / cpus().length,
  };
}
