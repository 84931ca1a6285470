import { access, constants, mkdir, writeFile } from 'node:fs/promises';
import { dirname, parse, join } from 'node:path';
import { chart } from './chart.ts';
import { errorLine } from './error-line.ts';
import { askedFor, takeFigures } from './figures.ts';
import { HELP } from './help.ts';
import { brokenLoggingLimits } from './logging-limits.ts';
import { busy, load, machine } from './machine.ts';
import { parseOptions, type Options } from './options.ts';
import { report } from './report.ts';
import { lookaheadVerdict, verdicts } from './targets.ts';

async function main(options: Options): Promise<number> {
  const warning = busy();
  if (warning !== undefined) note(warning);
  const { dir, name } = parse(options.out);
  try {
    await mkdir(dirname(options.out), { recursive: true });
    await access(dirname(options.out), constants.W_OK);
  } catch (error) {
    note(
      `bench: --out must be in a folder that can be written, got ${options.out} (${errorLine(error)})`,
    );
    return 2;
  }
  const figures = await takeFigures(options, note);
  if (figures.lanes.length + figures.logging.length + figures.probes.length === 0) {
    note('bench: nothing of what was asked for can be measured here');
    return 1;
  }
  const judged = options.check
    ? [...verdicts(figures.lanes, askedFor(options)), ...lookaheadVerdict(figures.probes)]
    : [];
  const place = `${machine()}, ${load()}`;
  process.stdout.write(`${report(figures, judged, place)}\n`);
  await writeFile(options.out, JSON.stringify({ place, ...figures, verdicts: judged }, null, 1));
  note(`figures: ${options.out}`);
  if (figures.lanes.length > 0) {
    const picture = join(dir, `${name}.svg`);
    await writeFile(picture, chart(figures.lanes, place));
    note(`chart: ${picture}`);
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

/** The options, or the exit code where there is nothing to measure. */
function read(args: readonly string[]): Options | number {
  try {
    const options = parseOptions(args);
    if (!options.help) return options;
    process.stdout.write(HELP);
    return 0;
  } catch (error) {
    note(`bench: ${errorLine(error)}\nRun with --help for all options.`);
    return 2;
  }
}

const options = read(process.argv.slice(2));
try {
  process.exitCode = typeof options === 'number' ? options : await main(options);
} catch (error) {
  note(errorLine(error));
  process.exitCode = 1;
}
