import { startChild } from '../child.ts';
import type { Cell, ProbeAnswer, ProbeMeasured, ProbeOrder } from './probe.ts';
import { scriptOf } from '../programs.ts';

/** Runs a probe in a process of its own, which reports row by row. */
export async function measureProbe(
  order: ProbeOrder,
  report: (line: string) => void,
): Promise<ProbeMeasured | { readonly absent: string }> {
  const { probe, backend, threads } = order;
  const rows: (readonly Cell[])[] = [];
  const args = ['--expose-gc', scriptOf('probes/probe-process.js'), JSON.stringify(order)];
  const child = startChild<ProbeAnswer>(process.execPath, args, threads);
  for (;;) {
    report(`row ${rows.length + 1}`);
    const answer = await child.answer();
    if ('absent' in answer) return answer;
    if ('row' in answer) rows.push(answer.row);
    else {
      const error = 'error' in answer ? answer.error : undefined;
      return { probe, backend, threads, rows, error };
    }
  }
}
