import { setFlagsFromString } from 'node:v8';
import type { DatasetFile, OpenDataset } from '../datasets/open-dataset.ts';
import type { RowFilter } from '../datasets/row-filter.ts';
import { PermanentError } from '../errors/errors.ts';
import { CastFailed, castTo } from '../parquet/cast-value.ts';
import { type Column, type ColumnType, describeType } from '../parquet/column-type.ts';
import type { PyValue } from '../python/value.ts';
import { cellWriter, NulCharacter } from '../tables/binary-cell.ts';
import { BinaryRows, COPY_HEADER, COPY_TRAILER } from '../tables/binary-rows.ts';

/** What is sent to Postgres at a time, and what a row may well add to it. In bytes. */
const CHUNK_BYTES = 64 * 1024;
const ROW_BYTES = 16 * 1024;
/** A longer row is refused: Postgres takes none of a gigabyte, and we have to hold it. In bytes. */
const MAX_ROW_BYTES = 512 * 1024 ** 2;
/** `__id` is an INTEGER. */
export const MAX_ROWS = 2 ** 31;

/** Where the rows of a split ended up: `__id`s from `first`, `count` of them. */
export interface SplitRange {
  split: string;
  first: number;
  count: number;
}

/**
 * All rows of a data set in COPY's binary form, which Postgres takes twice as fast as text, `__id` counted from 0 over all splits and over those rows only that the
 * filter keeps. `ranges` gets an entry for each split when it ends.
 * @throws PermanentError DatasetInvalid: text with NUL characters, too many rows, damaged files
 */
export async function* copyAll(
  { columns, splits }: OpenDataset,
  filter: RowFilter | undefined,
  ranges: SplitRange[],
): AsyncGenerator<Buffer> {
  let id = 0;
  yield COPY_HEADER;
  for (const { split, files } of splits) {
    const first = id;
    for (const file of files) id = yield* fileRows({ columns, split, file, filter, id });
    ranges.push({ split, first, count: id - first });
  }
  yield COPY_TRAILER;
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
 * Some rows of one file in COPY's binary form; returns the `__id` that comes after them.
 * @throws as {@link copyAll}
 */
export async function* copyRows(rows: RowsToCopy): AsyncGenerator<Buffer, number> {
  yield COPY_HEADER;
  const id = yield* fileRows(rows);
  yield COPY_TRAILER;
  return id;
}

async function* fileRows(rows: RowsToCopy): AsyncGenerator<Buffer, number> {
  const { columns, split, filter, file, groups } = rows;
  const { name, parquet } = file;
  const keeps = filterRows(filter, split, parquet.columns, name);
  const write = rowWriter(columns, parquet.columns, split);
  const before = parquet.groups.slice(0, groups?.from ?? 0);
  let row = before.reduce((sum, group) => sum + group.rows, 0);
  let { id } = rows;
  let out = new BinaryRows(CHUNK_BYTES + ROW_BYTES);
  for await (const batch of parquet.batches(groups?.from, groups?.to)) {
    for (const values of batch) {
      if (keeps(values)) {
        if (id >= MAX_ROWS) throw tooManyRows(name);
        write(out, id++, values, { name, row });
      }
      row++;
      if (out.length >= CHUNK_BYTES) {
        yield out.written;
        out = new BinaryRows(CHUNK_BYTES + ROW_BYTES);
      }
    }
  }
  if (out.length > 0) yield out.written;
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

interface RowPlace {
  name: string;
  row: number;
}

function rowWriter(
  columns: readonly Column[],
  fileColumns: readonly Column[],
  split: string,
): (out: BinaryRows, id: number, values: readonly PyValue[], place: RowPlace) => void {
  const writers = columns.map(({ name, type }) => {
    const index = fileColumns.findIndex((column) => column.name === name);
    const own = fileColumns[index]?.type ?? type;
    return { name, write: cellWriter(type), cast: castTo(type, own) ?? impossible(type, own), index };
  });
  return (out, id, values, place) => {
    const start = out.length;
    out.int16(2 + writers.length);
    out.int32(4);
    out.int32(id);
    out.text(split);
    for (const { name, write, cast, index } of writers) {
      const value = values[index] ?? null;
      if (value === null) {
        out.int32(-1);
        continue;
      }
      try {
        write(out, cast(value));
      } catch (error) {
        if (error instanceof CastFailed) throw castFailed(split, name, place, error);
        throw error instanceof NulCharacter ? nulCharacter(split, name, place) : error;
      }
      if (out.length - start > MAX_ROW_BYTES) throw tooLong(place, out.length - start);
    }
  };
}

/** The footers were compared before, so this file is another one by now. */
function impossible(to: ColumnType, from: ColumnType): never {
  const message = `values of ${describeType(from)} can't become ${describeType(to)}. Stage the data set again.`;
  throw new PermanentError('DatasetInvalid', message);
}

function castFailed(split: string, column: string, { name, row }: RowPlace, cause: CastFailed): PermanentError {
  return new PermanentError(
    'DatasetInvalid',
    `split ${split}, column ${JSON.stringify(column)}, row ${row} of ${name} (from 0): ${cause.message}, as which the first ` +
      'file of the data set has the column. Give all files the same types and stage the data set again.',
    { cause, context: { split, column, row, file: name } },
  );
}

function tooLong({ name, row }: RowPlace, bytes: number): PermanentError {
  return new PermanentError(
    'DatasetInvalid',
    `row ${row} of ${name} (from 0) is more than ${bytes} bytes long, where ${MAX_ROW_BYTES} are the most that is stored. ` +
      'Leave it out of the data set and stage it again.',
    { context: { row, file: name } },
  );
}

function nulCharacter(split: string, column: string, { name, row }: RowPlace): PermanentError {
  return new PermanentError(
    'DatasetInvalid',
    `split ${split}, column ${JSON.stringify(column)}, row ${row} of ${name} (from 0): the text holds a NUL character, ` +
      'which Postgres cannot store. Remove it from the data set and stage it again.',
    { context: { split, column, row, file: name } },
  );
}

/**
 * Keeps the memory of a process flat while rows run through it. V8 gives young objects ever more room (three times 32 MB
 * in the end) the longer a load takes, although hardly any of them survives; this keeps it at the room it has. Has to be
 * called before the work begins, and holds for the whole process.
 */
export function keepHeapFlat(): void {
  setFlagsFromString('--semi-space-growth-factor=1');
}
