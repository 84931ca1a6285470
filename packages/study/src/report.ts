import { comparisonCells, summaryCells } from './cells.ts';
import { compare } from './compare.ts';
import { curves, GRID, INK } from './curves.ts';
import { armTitle, type Arm } from './grid.ts';
import { escapeHtml, htmlTable } from './html.ts';
import { CONTENDERS } from './optimizers.ts';
import { isComplete, type Results } from './results.ts';
import { summarize } from './summary.ts';
import { count, lossText, secondsText, shareText } from './text.ts';

/** The study on one page: tables, curves and settings, with no script and nothing loaded from elsewhere. */
export function report(results: Results): string {
  const { settings, data } = results;
  const title = `Lookahead study: ${count(settings.optimizers.length, 'optimizer')} on ${data.name}`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${escapeHtml(title)}</h1>
<p class="lead">${escapeHtml(lead(results))}</p>
${isComplete(results) ? '' : `<p class="notice" role="status">${escapeHtml(progressOf(results))}</p>`}
<h2>Results</h2>
${summaryHtml(results)}
<h2>Validation loss by epoch</h2>
${figure(results, 'validLoss', 'Validation loss of each optimizer over the epochs')}
<h2>Accuracy by epoch</h2>
${figure(results, 'accuracy', 'Validation accuracy of each optimizer over the epochs')}
<p class="note">${escapeHtml(curveNote(results))}</p>
<h2>Differences</h2>
${comparisonHtml(results)}
<h2>Settings</h2>
${settingsHtml(results)}
<h2>Every epoch</h2>
<details><summary>Figures of ${count(results.runs.length, 'run')}</summary>
${epochsHtml(results)}
</details>
</main>
</body>
</html>
`;
}

function lead({ settings, data, runs }: Results): string {
  const { epochs, seeds } = settings;
  return (
    `${count(runs.length, 'run')} of ${count(epochs, 'epoch')} on ${data.trainExamples.toLocaleString('en')} images, ` +
    `validated on ${data.heldOutExamples.toLocaleString('en')} held-out ones, with ${count(seeds.length, 'seed')}. ` +
    'Runs of one seed begin with the same weights and see the same batches in the same order.'
  );
}

function progressOf({ runs, planned }: Results): string {
  const complete = runs.filter(({ status }) => status === 'complete').length;
  return `These are the results so far: ${complete} of ${count(planned, 'run')} complete.`;
}

function curveNote({ settings }: Results): string {
  return settings.seeds.length > 1
    ? 'Thick lines are means over seeds, faint lines the single seeds. Lookahead is dashed and, without resets, in the color of its inner optimizer.'
    : 'Lookahead is dashed and, without resets, in the color of its inner optimizer.';
}

function summaryHtml(results: Results): string {
  const rows = summarize(results);
  if (rows.length === 0) return '<p>No run has ended yet.</p>';
  const table = htmlTable(
    ['optimizer', 'train loss', 'validation loss', 'accuracy', 'time per run'],
    summaryCells(rows),
  );
  const spreadNote =
    results.settings.seeds.length > 1 ? ', as mean ± standard deviation over seeds' : '';
  return `${table}<p class="note">Figures of the last epoch${spreadNote}. The best of a column is marked.</p>`;
}

function comparisonHtml(results: Results): string {
  const comparisons = compare(results);
  if (comparisons.length === 0)
    return '<p>No two arms of this study differ in one thing only; run an optimizer with and without Lookahead, or with several resets.</p>';
  const table = htmlTable(
    ['', 'validation loss', 'accuracy', 'seeds'],
    comparisons.map((comparison) => [
      ...comparisonCells(comparison),
      { text: String(comparison.seeds.length) },
    ]),
  );
  const note = comparisons.some(({ validLoss }) => validLoss.interval)
    ? 'Mean of the differences seed by seed, with the 95 % confidence interval of Student’s t in brackets. Bold where the interval leaves out zero. Several intervals are looked at, so one of twenty may do so by chance.'
    : 'Fewer than three seeds: these differences may be chance. Three and more give confidence intervals.';
  return `${table}<p class="note">${note}</p>`;
}

function settingsHtml({ settings, data, environment, weights, startedAt, seconds, runs }: Results) {
  const firstLosses = settings.seeds.flatMap((seed) => {
    const losses = new Set(
      runs.filter((run) => run.seed === seed).map(({ firstLoss }) => lossText(firstLoss)),
    );
    return losses.size > 0 ? [`${[...losses].join(' and ')} (seed ${seed})`] : [];
  });
  const entries: [string, string][] = [
    ...settings.optimizers.map((name): [string, string] => [
      CONTENDERS[name].title,
      Object.entries(CONTENDERS[name].values)
        .map(([key, value]) => `${key} ${value}`)
        .join(', '),
    ]),
    ['schedule of the learning rate', settings.schedule],
    ['reset of the state', settings.resets.join(', ')],
    ['mixup', settings.mixup === 0 ? 'none' : `alpha ${settings.mixup}`],
    ['model', `${settings.model}, ${weights.toLocaleString('en')} weights`],
    [
      'data',
      `${data.name}, ${data.classes} classes, ${data.trainExamples.toLocaleString('en')} to train on`,
    ],
    ['batch size', String(settings.batchSize)],
    ['epochs', String(settings.epochs)],
    ['seeds', settings.seeds.join(', ')],
    ['loss of the first batch', firstLosses.join(', ') || '–'],
    ['back end', environment.backend],
    [
      'machine',
      `Node ${environment.node}, ${environment.platform}, ${count(environment.processors, 'processor')}`,
    ],
    ['begun', startedAt],
    ['time so far', secondsText(seconds)],
  ];
  const items = entries.map(
    ([name, value]) => `<div><dt>${escapeHtml(name)}</dt><dd>${escapeHtml(value)}</dd></div>`,
  );
  return `<dl>${items.join('\n')}</dl>`;
}

function epochsHtml({ runs }: Results): string {
  return htmlTable(
    ['optimizer', 'seed', 'epoch', 'train loss', 'validation loss', 'accuracy'],
    runs.flatMap((run) =>
      run.history.map((row) => [
        { text: armTitle(run satisfies Arm) },
        { text: String(run.seed) },
        { text: String(row.epoch + 1) },
        { text: lossText(row.trainLoss) },
        { text: lossText(row.validLoss ?? NaN) },
        { text: shareText(row.metrics['accuracy'] ?? NaN) },
      ]),
    ),
  );
}

function figure(results: Results, curve: 'validLoss' | 'accuracy', label: string): string {
  if (results.runs.length === 0) return '<p>No run has ended yet.</p>';
  return `<figure role="img" aria-label="${escapeHtml(label)}">${curves(results, curve)}</figure>`;
}

const STYLE = `
:root { --ink: #1c1f24; --soft: ${INK}; --line: ${GRID}; --page: #ffffff; --best: #e2f3e6; --notice: #fff3d6; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e9ebee; --soft: #b4bac3; --line: #363b43; --page: #15181d; --best: #1d4128; --notice: #4a3a10; }
  figure [fill="${INK}"] { fill: var(--soft); }
  figure [stroke="${INK}"] { stroke: var(--soft); }
  figure [stroke="${GRID}"] { stroke: var(--line); }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 60rem; margin: 0 auto; padding: 2rem 1.25rem 4rem; }
h1 { font-size: 1.7rem; line-height: 1.25; margin: 0 0 .5rem; }
h2 { font-size: 1.2rem; margin: 2.25rem 0 .75rem; }
.lead, .note { color: var(--soft); margin: .5rem 0; }
.note { font-size: .875rem; }
.notice { background: var(--notice); padding: .6rem .9rem; border-radius: .4rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { padding: .4rem .6rem; font-size: .9375rem; text-align: right; white-space: nowrap; border-bottom: 1px solid var(--line); }
th:first-child { text-align: left; padding-left: .3rem; }
thead th { font-weight: 600; color: var(--soft); font-size: .875rem; }
tbody th { font-weight: 400; white-space: normal; min-width: 9rem; }
td.best { background: var(--best); font-weight: 600; }
td.clear { font-weight: 700; }
figure { margin: 0; overflow-x: auto; }
figure svg { display: block; width: 100%; min-width: 34rem; height: auto; }
dl { margin: 0; }
dl div { display: grid; grid-template-columns: 16rem 1fr; gap: .75rem; padding: .35rem .3rem; border-bottom: 1px solid var(--line); }
dt { color: var(--soft); }
dd { margin: 0; overflow-wrap: anywhere; }
summary { cursor: pointer; margin-bottom: .5rem; }
@media (max-width: 34rem) { dl div { grid-template-columns: 1fr; gap: 0; } }
@media print { details > * { display: block; } }
`;
