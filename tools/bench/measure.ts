import { startChild, type Child } from './child.ts';
import {
  nameOf,
  type Lane,
  type LaneOrder,
  type LeftOut,
  type Measured,
  type Ready,
  type Round,
} from './lane.ts';
import { programOf, type Places } from './programs.ts';
import type { Workload } from './workloads.ts';

/** How long to measure: rounds that warm up, rounds that count. */
export interface Effort {
  readonly warmUp: number;
  readonly rounds: number;
}

/** Hears how far a measurement is, and of lanes that can't run here, before the first round. */
export interface Listener {
  progress(line: string): void;
  leftOut(lane: LeftOut): void;
}

interface Entry {
  readonly lane: Lane;
  readonly running: Child<Ready | Round>;
  system: string;
  parameters: number;
  times: number[];
  cpu: number[];
  peak: number;
  error: string | undefined;
}

/**
 * Times lanes, each in a process of its own, round after round in turn, so that what slows the machine down for
 * a while slows down all of them.
 */
export async function measure(
  lanes: readonly Lane[],
  workload: Workload,
  { warmUp, rounds }: Effort,
  places: Places,
  listener: Listener,
): Promise<Measured[]> {
  const started = lanes.map((lane): Entry => {
    const running = startLane({ lane, workload: sizedFor(lane, workload) }, places);
    return {
      lane,
      running,
      system: '',
      parameters: 0,
      times: [],
      cpu: [],
      peak: 0,
      error: undefined,
    };
  });
  const entries: Entry[] = [];
  try {
    for (const [i, entry] of started.entries()) {
      listener.progress(`starts ${i + 1} of ${lanes.length}`);
      const first = await entry.running.answer();
      if ('absent' in first) listener.leftOut({ ...entry.lane, reason: first.absent });
      else entries.push(entry);
      if ('error' in first) entry.error = first.error;
      if ('system' in first) ({ system: entry.system, parameters: entry.parameters } = first);
    }
    refuseOtherNetworks(entries);
    for (let round = 1; round <= warmUp + rounds; round++) {
      listener.progress(
        round <= warmUp ? `warm-up ${round} of ${warmUp}` : `round ${round - warmUp} of ${rounds}`,
      );
      // Every other round goes backwards: none is always the one after the slowest.
      for (const entry of round % 2 === 0 ? entries : [...entries].reverse())
        if (entry.error === undefined) await runRound(entry, round > warmUp);
    }
  } finally {
    for (const { running } of started) running.end();
  }
  return entries.map(measuredOf);
}

function startLane(order: LaneOrder, places: Places): Child<Ready | Round> {
  const [command, args] = programOf(order.lane, places);
  return startChild(command, [...args, JSON.stringify(order)], order.lane.threads);
}

/** Keras trains four times as long: it takes 30 ms for each `fit`, which would weigh more than in real epochs. */
function sizedFor({ contender }: Lane, workload: Workload): Workload {
  return contender === 'keras' ? { ...workload, batches: 4 * workload.batches } : workload;
}

/** Figures of networks that differ can't be compared. */
function refuseOtherNetworks(entries: readonly Entry[]): void {
  const started = entries.filter(({ error }) => error === undefined);
  const [first] = started;
  const other = started.find(({ parameters }) => parameters !== first?.parameters);
  if (first && other)
    throw new Error(
      `bench: ${nameOf(first.lane)} trains ${first.parameters} numbers and ${nameOf(other.lane)} ${other.parameters}`,
    );
}

async function runRound(entry: Entry, counts: boolean): Promise<void> {
  entry.running.ask();
  const answer = await entry.running.answer();
  if ('msPerStep' in answer) {
    entry.peak = Math.max(entry.peak, answer.peak);
    if (!counts) return;
    entry.times.push(answer.msPerStep);
    entry.cpu.push(answer.cpuPerStep);
  } else entry.error = 'error' in answer ? answer.error : 'answers out of turn';
}

function measuredOf({ lane, system, times, cpu, peak, error }: Entry): Measured {
  const peakMiB = Math.round(peak / 2 ** 20);
  return { ...lane, system, msPerStep: times, cpuPerStep: cpu, peakMiB, error };
}
