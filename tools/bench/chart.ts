import { init, type CustomSeriesOption, type EChartsOption } from 'echarts';
import { isStock, type ContenderName } from './contenders.ts';
import type { Measured } from './lane.ts';
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

/** Lanes that a picture is for; the table has all. */
const SHOWN: readonly ContenderName[] = [
  'tfloop',
  'stock tfjs by hand',
  'stock model.fit',
  'keras',
  'torch',
  'jax-js',
];

const NAMES: Partial<Record<ContenderName, string>> = {
  tfloop: 'tfloop',
  'stock tfjs by hand': 'stock tfjs',
  'stock model.fit': 'stock tfjs fit',
  keras: 'Keras, Python',
  torch: 'PyTorch',
  'jax-js': 'jax-js, WASM',
};

const TITLES: Readonly<Record<Measured['workload'], string>> = {
  mlp: 'MLP 784-128-10, batch 64',
  norm: 'Dense with batch norm, 3 × 256, batch 64',
  cnn: 'CNN, five convolutions at 32², batch 64',
  resnet9: 'ResNet-9 at 32², batch 16',
  resnet18: 'ResNet-18 at 32², batch 16',
  embedding: 'Embedding and dense, batch 64',
};

/** One panel: the lanes of one network and optimizer, the fastest on top. */
interface Panel {
  readonly title: string;
  readonly lanes: readonly Measured[];
}

/**
 * The milliseconds of a step as bars with their quartiles, a panel for each network and optimizer, as SVG.
 *
 * Drawn by ECharts without a browser; it needs no script and nothing from elsewhere.
 */
export function chart(results: readonly Measured[], place: string): string {
  const panels = panelsOf(results);
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
    ],
    grid: boxes.map((box) => ({ ...box, containLabel: false })),
    xAxis: panels.map(({ lanes }, gridIndex) => ({
      gridIndex,
      type: 'value' as const,
      min: 0,
      max: Math.max(...lanes.map(({ msPerStep }) => quantile(msPerStep, 0.75))),
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

function panelsOf(results: readonly Measured[]): Panel[] {
  const measured = results.filter(
    ({ contender, error, msPerStep }) =>
      SHOWN.includes(contender) && error === undefined && msPerStep.length > 0,
  );
  const groups = new Map<string, Measured[]>();
  for (const lane of measured) {
    const key = `${lane.workload} ${lane.optimizer}`;
    groups.set(key, [...(groups.get(key) ?? []), lane]);
  }
  return [...groups.values()].map((lanes) => {
    const [first] = lanes;
    const optimizer = first?.optimizer === 'adam' ? 'Adam' : 'SGD with momentum';
    return {
      title: first ? `${TITLES[first.workload]}, ${optimizer}` : '',
      lanes: lanes.sort((a, b) => quantile(a.msPerStep, 0.5) - quantile(b.msPerStep, 0.5)),
    };
  });
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

function labelOf({ contender, backend, threads }: Measured): string {
  const name = NAMES[contender] ?? contender;
  const place = { native: ', native', wasm: ', WASM', peer: '' }[backend];
  return `${name}${place} × ${threads}`;
}

function colorOf({ contender }: Measured): string {
  if (contender === 'tfloop') return COLORS.tfloop;
  return isStock(contender) ? COLORS.tfjs : COLORS.peer;
}
