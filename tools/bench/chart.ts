import { init, type CustomSeriesOption, type EChartsOption } from 'echarts';
import { labelOf, panelsOf, type Panel } from './chart-panels.ts';
import { isStock } from './contenders.ts';
import type { LeftOut, Measured } from './lane.ts';
import { quantile } from './statistics.ts';

const INK = '#3c4149';
const FAINT = '#8a919c';
const COLORS = {
  tfloop: '#2f6fd6',
  tfjs: '#e08a2e',
  peer: '#8b94a3',
};

const WIDTH = 1180;
const COLUMNS = 2;
const TOP = 92;
const BAR = 27;
const GAP = 74;
const LEFT = 190;
const RIGHT = 96;

/**
 * The milliseconds of a step as bars with their quartiles, a panel for each network and optimizer, as SVG.
 *
 * Lanes that failed and that were left out are named below the bars. Drawn by ECharts without a browser; it needs no script and nothing from elsewhere.
 */
export function chart(
  results: readonly Measured[],
  place: string,
  leftOut: readonly LeftOut[] = [],
): string {
  const panels = panelsOf(results, leftOut);
  const { boxes, height } = layout(panels);
  const option: EChartsOption = {
    animation: false,
    backgroundColor: '#ffffff',
    textStyle: { fontFamily: 'system-ui, sans-serif', color: INK },
    title: [
      {
        text: 'Milliseconds per training step',
        subtext: `less is better; median and quartiles of rounds that took turns; × threads\n${place}`,
        left: 24,
        top: 14,
        textStyle: { color: INK, fontSize: 22 },
        subtextStyle: { color: FAINT, fontSize: 13, lineHeight: 18 },
      },
      ...boxes.map(({ left, top }, i) => ({
        text: panels[i]?.title ?? '',
        left: left - LEFT + 24,
        top: top - 30,
        textStyle: { color: INK, fontSize: 15 },
      })),
      ...boxes.map(({ left, top, width, height: bars }, i) => ({
        text: panels[i]?.missing ?? '',
        left: left - LEFT + 24,
        top: top + bars - 2,
        textStyle: {
          color: FAINT,
          fontSize: 12,
          fontWeight: 'normal' as const,
          width: LEFT + width + RIGHT - 72,
          overflow: 'break' as const,
        },
      })),
    ],
    grid: boxes.map((box) => ({ ...box, containLabel: false })),
    xAxis: panels.map(({ lanes }, gridIndex) => ({
      gridIndex,
      type: 'value' as const,
      min: 0,
      max: Math.max(0, ...lanes.map(({ msPerStep }) => quantile(msPerStep, 0.75))),
      axisLabel: { show: false },
      splitLine: { show: false },
    })),
    yAxis: panels.map(({ lanes }, gridIndex) => ({
      gridIndex,
      type: 'category' as const,
      inverse: true,
      data: lanes.map(labelOf),
      axisLine: { lineStyle: { color: '#c9ced6' } },
      axisTick: { show: false },
      axisLabel: { color: INK, fontSize: 13, margin: 10 },
    })),
    series: panels.flatMap(({ lanes }, index) => seriesOf(lanes, index)),
  };
  const drawn = init(null, null, { renderer: 'svg', ssr: true, width: WIDTH, height });
  try {
    drawn.setOption(option);
    return drawn.renderToSVGString({ useViewBox: true });
  } finally {
    drawn.dispose();
  }
}

/** Panels in rows of two; a row is as high as its panel with the most bars. */
function layout(panels: readonly Panel[]) {
  const boxes: { left: number; top: number; width: number; height: number }[] = [];
  const column = WIDTH / Math.min(COLUMNS, panels.length);
  let top = TOP + GAP / 2;
  for (let row = 0; row < panels.length; row += COLUMNS) {
    const inRow = panels.slice(row, row + COLUMNS);
    for (const [i, { lanes }] of inRow.entries())
      boxes.push({
        left: i * column + LEFT,
        top,
        width: column - LEFT - RIGHT,
        height: BAR * lanes.length,
      });
    top += BAR * Math.max(...inRow.map(({ lanes }) => lanes.length)) + GAP;
  }
  return { boxes, height: top - GAP / 2 };
}

function seriesOf(lanes: readonly Measured[], index: number) {
  const place = { xAxisIndex: index, yAxisIndex: index, silent: true };
  return [
    {
      ...place,
      type: 'bar' as const,
      barWidth: BAR - 10,
      data: lanes.map((lane) => ({
        value: quantile(lane.msPerStep, 0.5),
        itemStyle: { color: colorOf(lane), borderRadius: [0, 3, 3, 0] },
      })),
    },
    whiskers(lanes, place),
  ];
}

/** From quartile to quartile, with the median in figures behind it. */
function whiskers(lanes: readonly Measured[], place: object): CustomSeriesOption {
  return {
    ...place,
    type: 'custom',
    data: lanes.map(({ msPerStep }, i) => [
      i,
      ...[0.25, 0.5, 0.75].map((q) => quantile(msPerStep, q)),
    ]),
    renderItem: (_, api) => {
      const [row, low, median, high] = [0, 1, 2, 3].map((i) => Number(api.value(i))) as [
        number,
        number,
        number,
        number,
      ];
      const at = (value: number) => api.coord([value, row]) as [number, number];
      const [[x1, y], [x2], [end]] = [at(low), at(high), at(Math.max(median, high))];
      return {
        type: 'group',
        children: [
          { type: 'line', shape: { x1, y1: y, x2, y2: y }, style: { stroke: INK, lineWidth: 1.5 } },
          {
            type: 'text',
            x: end + 8,
            y,
            style: {
              text: `${Number(median.toPrecision(3))} ms`,
              fill: INK,
              fontSize: 13,
              verticalAlign: 'middle',
            },
          },
        ],
      };
    },
  };
}

function colorOf({ contender }: Measured): string {
  if (contender === 'tfloop') return COLORS.tfloop;
  return isStock(contender) ? COLORS.tfjs : COLORS.peer;
}
