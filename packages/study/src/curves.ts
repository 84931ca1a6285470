import { init, type LineSeriesOption } from 'echarts';
import { armTitle, arms, isSameArm, type Arm } from './grid.ts';
import { CONTENDERS, type OptimizerName } from './optimizers.ts';
import type { Results, RunResult } from './results.ts';
import type { Reset } from './settings.ts';
import { spread } from './summary.ts';

/** Colors of the chart's frame, which the report changes with the reader's color scheme. */
export const INK = '#4a4f57';
export const GRID = '#dfe2e6';

/** Every color can be told from white and from black; Lookahead has its inner optimizer's, dashed. */
const COLORS: Readonly<Record<'sgd' | 'adamw' | 'rmsprop', Readonly<Record<Reset, string>>>> = {
  sgd: { none: '#2f7fd6', 'lookahead-sync': '#7a5cd6', epoch: '#1b9e9e' },
  adamw: { none: '#d9730d', 'lookahead-sync': '#d6456b', epoch: '#b08a00' },
  rmsprop: { none: '#7a8b2a', 'lookahead-sync': '#7a8b2a', epoch: '#4f9d4f' },
};

const WIDTH = 720;

/** What a chart shows. */
export type Curve = 'validLoss' | 'accuracy';

/**
 * A figure over the epochs as SVG: a line for each arm, the mean over seeds, and a faint one for each seed.
 *
 * Drawn by ECharts without a browser; it needs no script and nothing from elsewhere.
 */
export function curves(results: Results, curve: Curve): string {
  const series = arms(results.settings).flatMap((arm) => armSeries(results, arm, curve));
  const values = series.flatMap(({ data }) => data as (number | null)[]).filter((y) => y !== null);
  // A run that diverges would press all others onto the floor.
  const isWide = curve === 'validLoss' && Math.max(...values) > 50 * Math.min(...values);
  const chart = init(null, null, { renderer: 'svg', ssr: true, width: WIDTH, height: 400 });
  try {
    chart.setOption({
      animation: false,
      textStyle: { fontFamily: 'inherit', color: INK },
      legend: {
        top: 0,
        left: 0,
        itemWidth: 34,
        itemGap: 26,
        textStyle: { color: INK, fontSize: 13 },
        data: [
          ...new Set(series.flatMap(({ name }) => (name === undefined ? [] : [String(name)]))),
        ],
      },
      grid: {
        left: 8,
        right: 24,
        top: 12 + 34 * legendRows(series),
        bottom: 30,
        containLabel: true,
      },
      xAxis: {
        type: 'category',
        boundaryGap: results.settings.epochs === 1,
        name: 'epoch',
        nameLocation: 'middle',
        nameGap: 28,
        nameTextStyle: { color: INK },
        axisLabel: { color: INK },
        axisLine: { lineStyle: { color: INK } },
        axisTick: { show: false },
        data: Array.from({ length: results.settings.epochs }, (_, i) => String(i + 1)),
      },
      yAxis: {
        type: isWide ? 'log' : 'value',
        scale: true,
        splitNumber: 6,
        axisLabel: {
          color: INK,
          ...(curve === 'accuracy' && {
            formatter: (value: number) => `${Number((100 * value).toFixed(3))} %`,
          }),
        },
        splitLine: { lineStyle: { color: GRID } },
      },
      series,
    });
    return (
      chart
        .renderToSVGString({ useViewBox: true })
        // Styles for a pointer that hovers over a chart with a script.
        .replace(/<style[^]*?<\/style>/, '')
        .replace(/ class="zr\d+-cls-\d+"/g, '')
        // Charts are numbered through the process; equal results shall give equal reports.
        .replace(/\bzr\d+-/g, `${curve}-`)
    );
  } finally {
    chart.dispose();
  }
}

/** How many rows the legend wraps to, by the width of its entries: there is no browser to measure them. */
function legendRows(series: readonly LineSeriesOption[]): number {
  let [rows, right] = [1, 0];
  for (const { name } of series) {
    if (name === undefined) continue;
    const width = 40 + 7.5 * String(name).length;
    if (right + width > WIDTH) [rows, right] = [rows + 1, 0];
    right += width + 26;
  }
  return rows;
}

function armSeries(results: Results, arm: Arm, curve: Curve): LineSeriesOption[] {
  const runs = results.runs.filter((run) => isSameArm(run, arm) && run.history.length > 0);
  if (runs.length === 0) return [];
  const { inner } = CONTENDERS[arm.optimizer];
  const color = COLORS[familyOf(arm.optimizer)][arm.reset];
  const type = inner ? 'dashed' : 'solid';
  const { epochs } = results.settings;
  const mean: LineSeriesOption = {
    name: armTitle(arm),
    type: 'line',
    silent: true,
    emphasis: { disabled: true },
    symbol: inner ? 'diamond' : 'circle',
    symbolSize: 8,
    showAllSymbol: epochs <= 20,
    showSymbol: epochs <= 20,
    itemStyle: { color },
    lineStyle: { color, type, width: 2.5 },
    data: points(epochs, (epoch) => meanAt(runs, epoch, curve)),
  };
  if (runs.length === 1) return [mean];
  const seeds = runs.map((run): LineSeriesOption => ({
    type: 'line',
    silent: true,
    emphasis: { disabled: true },
    showSymbol: false,
    lineStyle: { color, type, width: 1, opacity: 0.5 },
    data: points(epochs, (epoch) => valueAt(run, epoch, curve)),
  }));
  return [mean, ...seeds];
}

function familyOf(optimizer: OptimizerName): keyof typeof COLORS {
  if (optimizer === 'lookahead-sgd') return 'sgd';
  return optimizer === 'lookahead-adamw' ? 'adamw' : optimizer;
}

function points(epochs: number, at: (epoch: number) => number): (number | null)[] {
  return Array.from({ length: epochs }, (_, epoch) => {
    const value = at(epoch);
    return Number.isFinite(value) ? value : null;
  });
}

function meanAt(runs: readonly RunResult[], epoch: number, curve: Curve): number {
  const reached = runs.filter(({ history }) => epoch < history.length);
  return spread(reached.map((run) => valueAt(run, epoch, curve))).mean;
}

function valueAt({ history }: RunResult, epoch: number, curve: Curve): number {
  const row = history[epoch];
  return (curve === 'accuracy' ? row?.metrics['accuracy'] : row?.validLoss) ?? NaN;
}
