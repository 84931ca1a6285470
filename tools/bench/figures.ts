import { isPeer } from './contenders.ts';
import type { Lane, LeftOut, Measured } from './lane.ts';
import { lanesOf } from './lanes.ts';
import { measureLogging, type LoggingMeasured } from './logging.ts';
import { measure } from './measure.ts';
import { measureProbe } from './probes/measure-probe.ts';
import { LOGGING, type Options } from './options.ts';
import type { ProbeMeasured } from './probes/probe.ts';
import { isProbe, type ProbeName } from './probes/probe-tables.ts';
import { isWorkload, WORKLOADS, type Workload, type WorkloadName } from './workloads.ts';

/** Everything that a run of the bench has measured. */
export interface Figures {
  readonly lanes: readonly Measured[];
  readonly leftOut: readonly LeftOut[];
  readonly logging: readonly LoggingMeasured[];
  readonly probes: readonly ProbeMeasured[];
}

/** Rows of the logged run: so many rounds of so many batches. */
const LOGGED = { rounds: 20, batches: 5000 };
const LOGGED_QUICKLY = { rounds: 5, batches: 2000 };

/** Measures what the options ask for; `note` gets the progress, and a line for everything that is missing here. */
export async function takeFigures(
  options: Options,
  note: (line: string) => void,
): Promise<Figures> {
  const lanes: Measured[] = [];
  const leftOut: LeftOut[] = [];
  const logging: LoggingMeasured[] = [];
  const probes: ProbeMeasured[] = [];
  const leaveOut = (lane: LeftOut) => {
    const line = absence(lane);
    if (!leftOut.some((other) => absence(other) === line)) note(line);
    leftOut.push(lane);
  };
  for (const name of options.workloads) {
    if (name === LOGGING) logging.push(...(await logged(options, note)));
    else if (isProbe(name)) probes.push(...(await probed(name, options, note)));
    else lanes.push(...(await trained(name, options, note, leaveOut)));
  }
  return { lanes, leftOut, logging, probes };
}

/** Why a system can't run here: one line, however many of its lanes are left out. */
export function absence({ contender, backend, reason }: LeftOut): string {
  return `left out: ${isPeer(contender) ? contender : backend}: ${reason}`;
}

/** The lanes that the options ask for, whether they can run here or not. */
export function askedFor({ workloads, lanes, quick }: Options): Lane[] {
  return workloads.flatMap((name) =>
    isWorkload(name) ? lanesOf(name, sized(name, quick).batches, lanes).flat() : [],
  );
}

/** A workload as it is run: quickly, half of it. */
function sized(name: WorkloadName, quick: boolean): Workload {
  const full: Workload = WORKLOADS[name];
  return quick ? { ...full, batches: Math.ceil(full.batches / 2) } : full;
}

async function trained(
  name: WorkloadName,
  options: Options,
  note: (line: string) => void,
  leftOut: (lane: LeftOut) => void,
): Promise<Measured[]> {
  const { quick } = options;
  const workload = sized(name, quick);
  const effort = { warmUp: 2, rounds: options.rounds ?? (quick ? 3 : workload.rounds) };
  const measured: Measured[] = [];
  for (const lanes of lanesOf(name, workload.batches, options.lanes)) {
    const progress = (line: string) => note(`${name} ${lanes[0]?.optimizer ?? ''}: ${line}`);
    const listener = { progress, leftOut };
    measured.push(...(await measure(lanes, workload, effort, options.places, listener)));
  }
  return measured;
}

async function logged(
  { lanes, quick }: Options,
  note: (line: string) => void,
): Promise<LoggingMeasured[]> {
  const measured: LoggingMeasured[] = [];
  for (const backend of lanes.backends) {
    const report = (line: string) => note(`${LOGGING} on ${backend}: ${line}`);
    measured.push(await measureLogging(backend, quick ? LOGGED_QUICKLY : LOGGED, report));
  }
  return measured;
}

/** On native and WASM, each with the most threads that are asked for. */
async function probed(
  probe: ProbeName,
  { lanes, quick, rounds }: Options,
  note: (line: string) => void,
): Promise<ProbeMeasured[]> {
  const effort = { rounds: rounds ?? (quick ? 3 : 7), quick };
  const measured: ProbeMeasured[] = [];
  for (const backend of lanes.backends) {
    const threads = Math.max(...(backend === 'native' ? lanes.nativeThreads : lanes.wasmThreads));
    const report = (line: string) => note(`${probe} on ${backend}: ${line}`);
    const result = await measureProbe({ probe, backend, threads, effort }, report);
    if ('absent' in result) note(`left out: ${probe} on ${backend}: ${result.absent}`);
    else measured.push(result);
  }
  return measured;
}
