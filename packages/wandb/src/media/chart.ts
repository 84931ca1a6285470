import { checkNamed } from '../check-named.ts';
import { media, type WandbMedia } from './media.ts';
import { tableRenderer, type WandbTableOptions } from './table.ts';

/** Options of {@link wandbChart}. */
export interface WandbChartOptions {
  /** The chart's definition at the service, such as `wandb/line/v0`. */
  readonly panel: string;
  /** What is drawn. */
  readonly table: WandbTableOptions;
  /** The column for each field of the definition. */
  readonly fields: Readonly<Record<string, string>>;
  /** The texts of the definition, such as its title. @default none */
  readonly texts?: Readonly<Record<string, string>>;
}

/**
 * A custom chart: a table that is logged under `<key>_table`, and a panel in the run's config that draws it.
 *
 * Throws what the table throws. The panel is the one that the official client's `plot_table` writes.
 */
export function wandbChart(options: WandbChartOptions): WandbMedia {
  checkNamed('wandbChart', options, ['panel', 'table', 'fields', 'texts']);
  const { panel, table, fields, texts = {} } = options;
  const render = tableRenderer('wandbChart: table', table);
  return media('chart', (key, step) => {
    const tableKey = `${key}_table`;
    const config = {
      panel_type: 'Vega2',
      panel_config: {
        panelDefId: panel,
        fieldSettings: fields,
        stringSettings: texts,
        transform: { name: 'tableWithLeafColNames' },
        userQuery: queryOf(tableKey),
      },
    };
    return {
      ...render(tableKey, step),
      config: [{ key: ['_wandb', 'visualize', key], valueJson: JSON.stringify(config) }],
    };
  });
}

// Every run that the page shows, with its name, its colour and the table.
function queryOf(tableKey: string): object {
  const field = (name: string, args: readonly object[] = []): object =>
    args.length > 0 ? { name, args, fields: [] } : { name, fields: [] };
  return {
    queryFields: [
      {
        name: 'runSets',
        args: [{ name: 'runSets', value: '${runSets}' }],
        fields: [
          field('id'),
          field('name'),
          field('_defaultColorIndex'),
          field('summaryTable', [{ name: 'tableKey', value: tableKey }]),
        ],
      },
    ],
  };
}
