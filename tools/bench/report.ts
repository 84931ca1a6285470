import type { Figures } from './figures.ts';
import { laneTable } from './lane-table.ts';
import { loggingTable } from './logging-table.ts';
import { probeTable } from './probes/probe-table.ts';
import { PROBES, type ProbeName } from './probes/probe-tables.ts';
import { targetTable } from './target-table.ts';
import type { Verdict } from './targets.ts';

/** The tables of a run, with what was measured in it and on what. */
export function report(figures: Figures, judged: readonly Verdict[], machine: string): string {
  const { lanes, logging, probes } = figures;
  const systems = new Set(lanes.flatMap(({ system }) => (system === '' ? [] : [system])));
  return [
    ...(lanes.length > 0 ? [laneTable(lanes)] : []),
    ...(logging.length > 0 ? [loggingTable(logging)] : []),
    ...(Object.keys(PROBES) as ProbeName[]).map((name) =>
      probeTable(probes.filter(({ probe }) => probe === name)),
    ),
    ...(judged.length > 0 ? [targetTable(judged)] : []),
    [...systems, machine].join('\n'),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}
