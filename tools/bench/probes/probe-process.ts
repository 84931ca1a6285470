// A probe in a process of its own, started with --expose-gc; it says its rows as lines of JSON.
import { Absent } from '../answers.ts';
import type { Failure } from '../child.ts';
import { errorLine } from '../error-line.ts';
import type { ProbeAnswer, ProbeOrder } from './probe.ts';
import { probes } from './probes.ts';
import { startOurs } from '../start-backend.ts';

const say = (answer: ProbeAnswer | Failure) => process.stdout.write(`${JSON.stringify(answer)}\n`);

try {
  const { probe, backend, threads, effort } = JSON.parse(process.argv[2] ?? '') as ProbeOrder;
  await startOurs(backend, threads);
  for await (const row of probes[probe](effort)) say({ row });
  say({ done: true });
} catch (error) {
  say(error instanceof Absent ? { absent: errorLine(error) } : { error: errorLine(error) });
}
