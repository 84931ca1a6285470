import { writeFile } from 'node:fs/promises';
import { chart } from './chart.ts';
import { errorLine } from './error-line.ts';
import { askedFor, takeFigures } from './figures.ts';
import { HELP } from './help.ts';
import { brokenLoggingLimits } from './logging-limits.ts';
import { busy, load, machine, takenByOthers } from './machine.ts';
import { parseOptions, type Options } from './options.ts';
import { outFiles, type OutFiles } from './out-files.ts';
import { report } from './report.ts';
import { lookaheadVerdict, verdicts } from './targets.ts';

async function main(options: Options, files: OutFiles): Promise<number> {
  const taken = await takenByOthers();
  const warning = busy(taken);
  if (warning !== undefined) note(warning);
  const figures = await takeFigures(options, note);
  if (figures.lanes.length + figures.logging.length + figures.probes.length === 0) {
    note('bench: nothing of what was asked for can be measured here');
    return 1;
  }
  const judged = options.check
    ? [...verdicts(figures.lanes, askedFor(options)), ...lookaheadVerdict(figures.probes)]
    : [];
  const place = `${machine()}, ${load(taken)}`;
  process.stdout.write(`${report(figures, judged, place)}\n`);
  await writeFile(files.figures, JSON.stringify({ place, ...figures, verdicts: judged }, null, 1));
  note(`figures: ${files.figures}`);
  if (figures.lanes.length > 0) {
    await writeFile(files.chart, chart(figures.lanes, place, figures.leftOut));
    note(`chart: ${files.chart}`);
  }
  const broken = options.check ? brokenLoggingLimits(figures.logging) : [];
  for (const line of broken) note(`check: ${line}`);
  const missed = judged.filter(({ result }) => result === 'missed' || result === 'not measured');
  return broken.length + missed.length > 0 ? 1 : 0;
}

/** Standard output is for the tables. */
function note(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** The options and where figures go, or the exit code where there is nothing to measure. */
async function read(args: readonly string[]): Promise<[Options, OutFiles] | number> {
  try {
    const options = parseOptions(args);
    if (!options.help) return [options, await outFiles(options.out)];
    process.stdout.write(HELP);
    return 0;
  } catch (error) {
    note(`bench: ${errorLine(error)}\nRun with --help for all options.`);
    return 2;
  }
}

const asked = await read(process.argv.slice(2));
try {
  process.exitCode = typeof asked === 'number' ? asked : await main(...asked);
} catch (error) {
  note(errorLine(error));
  process.exitCode = 1;
}
