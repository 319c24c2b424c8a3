import type { ColumnType } from '../parquet/column-type.ts';
import type { PyValue } from '../python/value.ts';
import { parseCell, selectExpression } from './cell.ts';
import { foreignExpression, parseForeign } from './foreign-table.ts';
import { type Dataset, quoteName, type TableDescription } from './table.ts';

/** The rows of a split: `__id`s from `min` to `max`, both included and none missing; `count` of them, at least one. */
export interface SplitInfo {
  readonly min: number;
  readonly max: number;
  readonly count: number;
}

/** A data set's table: all that has to be known to read it. */
export interface TableInfo {
  readonly table: string;
  /** In the data set's order and with its names. */
  readonly columns: readonly { readonly name: string; readonly type: ColumnType }[];
  /** In the order of `__id`. Splits without rows are not in it. */
  readonly splits: ReadonlyMap<string, SplitInfo>;
  /** Which version of the data set it holds; undefined where another program made it. */
  readonly version: string | undefined;
  /** The data set in it; undefined where another program made it. */
  readonly dataset: Dataset | undefined;
  /** Changes when the table is rebuilt. */
  readonly oid: string;
  /** What reads a document: the expressions to ask for, and a parser for each. */
  readonly reader: DocReader;
}

/** How a row becomes a document. */
export interface DocReader {
  readonly select: string;
  readonly names: readonly string[];
  readonly parsers: readonly ((text: string) => PyValue)[];
}

/** What has to be known of a table, from its description. */
export function describe(
  which: Pick<TableInfo, 'table' | 'oid' | 'version' | 'dataset'>,
  { columns, splits }: Pick<TableDescription, 'columns' | 'splits'>,
): TableInfo {
  const foreign = which.version === undefined;
  const [expression, parse] = foreign ? [foreignExpression, parseForeign] : [selectExpression, parseCell];
  const filled = splits.filter(({ count }) => count > 0);
  return {
    ...which,
    columns: columns.map(({ name, type }) => ({ name, type })),
    splits: new Map(filled.map(({ split, first, count }) => [split, { min: first, max: first + count - 1, count }])),
    reader: {
      select: columns.map(({ column, type }) => `, ${expression(type, quoteName(column))}`).join(''),
      names: columns.map(({ name }) => name),
      parsers: columns.map(({ type }) => parse(type)),
    },
  };
}
