import { PermanentError } from '../errors/errors.ts';
import type { PyValue } from '../python/value.ts';
import { cellText } from './cell.ts';
import type { Column } from './column-type.ts';
import type { DatasetFile, OpenDataset } from './open-dataset.ts';
import type { RowFilter } from './row-filter.ts';

/** What is sent to Postgres at a time; in characters. */
const CHUNK_CHARACTERS = 64 * 1024;
/** A longer row is refused: Postgres takes none of a gigabyte, and such a character may be three bytes. In characters. */
const MAX_ROW_CHARACTERS = 2 ** 28;
/** `__id` is an INTEGER. */
export const MAX_ROWS = 2 ** 31;

/** Where the rows of a split ended up: `__id`s from `first`, `count` of them. */
export interface SplitRange {
  split: string;
  first: number;
  count: number;
}

/**
 * All rows of a data set as COPY's text format, `__id` counted from 0 over all splits and over those rows only that the
 * filter keeps. `ranges` gets an entry for each split when it ends.
 * @throws PermanentError DatasetInvalid: text with NUL characters, too many rows, damaged files
 */
export async function* copyText(
  { columns, splits }: OpenDataset,
  filter: RowFilter | undefined,
  ranges: SplitRange[],
): AsyncGenerator<Buffer> {
  let id = 0;
  for (const { split, files } of splits) {
    const first = id;
    for (const file of files) id = yield* copyRows({ columns, split, file, filter, id });
    ranges.push({ split, first, count: id - first });
  }
}

/** Rows of one file: which, and where they belong. */
export interface RowsToCopy {
  /** The table's columns. */
  columns: readonly Column[];
  split: string;
  file: DatasetFile;
  filter?: RowFilter | undefined;
  /** The first row's `__id`. */
  id: number;
  /** Row groups from `from` up to, not including, `to`; all where missing. */
  groups?: { from: number; to: number };
}

/**
 * Rows of one file as COPY's text format; returns the `__id` that comes after them.
 * @throws as {@link copyText}
 */
export async function* copyRows(rows: RowsToCopy): AsyncGenerator<Buffer, number> {
  const { columns, split, filter, file, groups } = rows;
  const { name, parquet } = file;
  const keeps = filterRows(filter, split, parquet.columns, name);
  const line = lineWriter(columns, parquet.columns, split);
  const before = parquet.groups.slice(0, groups?.from ?? 0);
  let row = before.reduce((sum, group) => sum + group.rows, 0);
  let { id } = rows;
  let text = '';
  for await (const batch of parquet.batches(groups?.from, groups?.to)) {
    for (const values of batch) {
      if (keeps(values)) {
        if (id >= MAX_ROWS) throw tooManyRows(name);
        text += line(id++, values, { name, row });
      }
      row++;
      if (text.length >= CHUNK_CHARACTERS) {
        yield Buffer.from(text);
        text = '';
      }
    }
  }
  if (text !== '') yield Buffer.from(text);
  return id;
}

/** What a data set with more rows than `__id` can count is refused with. */
export function tooManyRows(where: string): PermanentError {
  return new PermanentError(
    'DatasetInvalid',
    `${where}: more than ${MAX_ROWS} rows, which is all that __id can count.`,
  );
}

function filterRows(
  filter: RowFilter | undefined,
  split: string,
  columns: readonly Column[],
  file: string,
): (values: readonly PyValue[]) => boolean {
  if (filter === undefined) return () => true;
  const index = columns.findIndex(({ name }) => name === filter.column);
  if (index >= 0) return (values) => filter.keeps(split, values[index] ?? null);
  const message = `${file} has no column ${JSON.stringify(filter.column)}, by which the tasks ${filter.name}_* choose their rows.`;
  throw new PermanentError('DatasetInvalid', message);
}

function lineWriter(
  columns: readonly Column[],
  fileColumns: readonly Column[],
  split: string,
): (id: number, values: readonly PyValue[], place: { name: string; row: number }) => string {
  const splitText = escapeCopy(split);
  const writers = columns.map(({ name, type }) => ({
    name,
    text: cellText(type),
    index: fileColumns.findIndex((column) => column.name === name),
  }));
  return (id, values, place) => {
    let line = `${id}\t${splitText}`;
    for (const { name, text, index } of writers) {
      const value = values[index] ?? null;
      if (value === null) {
        line += '\t\\N';
        continue;
      }
      const cell = text(value);
      if (!SPECIAL.test(cell)) line += `\t${cell}`;
      else if (cell.includes('\0')) throw nulCharacter(split, name, place);
      else line += `\t${escapeCopy(cell)}`;
      if (line.length > MAX_ROW_CHARACTERS) throw tooLong(place, line.length);
    }
    return `${line}\n`;
  };
}

function tooLong({ name, row }: { name: string; row: number }, characters: number): PermanentError {
  return new PermanentError(
    'DatasetInvalid',
    `row ${row} of ${name} (from 0) is at least ${characters} characters long, where Postgres takes ${MAX_ROW_CHARACTERS} for sure. ` +
      'Leave it out of the data set and stage it again.',
    { context: { row, file: name } },
  );
}

function nulCharacter(split: string, column: string, { name, row }: { name: string; row: number }): PermanentError {
  return new PermanentError(
    'DatasetInvalid',
    `split ${split}, column ${JSON.stringify(column)}, row ${row} of ${name} (from 0): the text holds a NUL character, ` +
      'which Postgres can not store. Remove it from the data set and stage it again.',
    { context: { split, column, row, file: name } },
  );
}

const SPECIAL = /[\\\n\r\t\0]/;
const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };

function escapeCopy(text: string): string {
  return text.replace(/[\\\n\r\t]/g, (character) => ESCAPES[character] ?? character);
}
