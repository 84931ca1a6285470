import { checkNamed } from '../check-named.ts';
import { toValueJson } from '../values.ts';
import { mediaFile } from './media-path.ts';
import { media, type RenderedMedia, type WandbMedia } from './media.ts';

/** Rows that the service shows of a table. */
export const MAX_TABLE_ROWS = 10_000;

/** Options of {@link wandbTable}. */
export interface WandbTableOptions {
  /** The columns' names. */
  readonly columns: readonly string[];
  /** The rows: lists with a value for each column, of any kind that a row of metrics may have. */
  readonly data: readonly (readonly unknown[])[];
}

/**
 * A table: logged as a file `media/table/<key>_<step>_<digest>.table.json`.
 *
 * The values are copied here, tensors are read. The first 10,000 rows are logged. Throws a RangeError on a row with
 * more or fewer values than there are columns, a TypeError on a value that can't be written. The official client
 * also makes an artifact of the table, for tables with media or more rows; this one does not.
 */
export function wandbTable(options: WandbTableOptions): WandbMedia {
  const render = tableRenderer('wandbTable', options);
  return media('table', render);
}

/** How a table is rendered: also that behind a chart, which `owner` names in errors. */
export function tableRenderer(
  owner: string,
  options: WandbTableOptions,
): (key: string, step: number) => RenderedMedia {
  checkNamed(owner, options, ['columns', 'data']);
  const { columns, data } = options;
  const rows = data.slice(0, MAX_TABLE_ROWS).map((row, index) => {
    if (row.length !== columns.length)
      throw new RangeError(
        `${owner}: data must have ${columns.length} values in a row, as there are columns, got ${row.length} in row ${index}`,
      );
    const cells = row.map((value, column) => cellOf(owner, value, index, columns[column] ?? ''));
    return `[${cells.join(',')}]`;
  });
  const text = `{"columns":${JSON.stringify(columns)},"data":[${rows.join(',')}]}`;
  const size = { ncols: columns.length, nrows: rows.length };

  return (key, step) => {
    const file = mediaFile('table', key, step, 'table.json', new TextEncoder().encode(text));
    const value = {
      _type: 'table-file',
      ...size,
      log_mode: 'IMMUTABLE',
      path: file.path,
      sha256: file.sha256,
      size: file.bytes.length,
    };
    return { files: [file], row: { [key]: value } };
  };
}

function cellOf(owner: string, value: unknown, row: number, column: string): string {
  let fault: string | undefined;
  const text = toValueJson(value, (_, why) => (fault = why));
  if (fault !== undefined)
    throw new TypeError(
      `${owner}: data must be values that can be written, but in row ${row}, "${column}": ${fault}`,
    );
  return text ?? 'null';
}
