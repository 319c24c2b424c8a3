import { fileWriter, ParquetWriter, type SchemaElement } from 'hyparquet-writer';
import { PermanentError } from '../errors/errors.ts';
import { isDict, type PyDict, type PyValue } from '../python/value.ts';
import { join, type Kind, kindOf, momentOf, type Reader } from './kind.ts';

/** A column with the type that all of a data set's files have for it. */
export type Columns = ReadonlyMap<string, Kind>;

/** A value as the writer of parquet takes it. */
type Cell = null | boolean | bigint | number | string | Date | Cell[] | { [name: string]: Cell };

/** Columns that a data set may have: Postgres takes some fewer in a table, which registering tells. */
const MAX_COLUMNS = 10_000;
/** Rows, cells, and characters of their text, that are written together: what is in memory. */
const GROUP_ROWS = 10_000;
const GROUP_CELLS = 2 << 20;
const GROUP_CHARS = 16 << 20;

/**
 * Widens columns by another row.
 * @param at of which file and row, for messages
 * @throws PermanentError DatasetInvalid naming the file, the column and what differs
 */
export function widen(
  columns: Map<string, Kind>,
  { name, row: at }: { readonly name: string; readonly row: number },
  row: PyDict,
  reader: Reader,
): void {
  for (const [key, value] of row) {
    const column = String(key);
    const known = columns.get(column);
    if (known !== undefined && holds(known, value)) continue;
    const where = `${name}, row ${at}`;
    const kind = named(where, column, () => kindOf(value, reader));
    widenBy(columns, where, column, kind);
  }
}

/** Widens one column, or adds it. @throws PermanentError DatasetInvalid beginning with `where` */
export function widenBy(columns: Map<string, Kind>, where: string, column: string, kind: Kind): void {
  const joined = named(where, column, () => join(columns.get(column) ?? { of: 'null' }, kind));
  columns.set(column, joined);
  if (columns.size <= MAX_COLUMNS) return;
  throw new PermanentError('DatasetInvalid', `${where}: there are more than ${MAX_COLUMNS} columns by now.`);
}

function named<T>(where: string, column: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof PermanentError)) throw error;
    const message = `${where}, column ${JSON.stringify(column)}: ${error.message}. A column has one type.`;
    throw new PermanentError('DatasetInvalid', message);
  }
}

/** Writes a parquet file with these columns row by row; some thousand rows are held. */
export class RowWriter {
  readonly #columns: Columns;
  readonly #writer: ParquetWriter;
  #rows: PyDict[] = [];
  #chars = 0;

  /** @throws PermanentError DatasetInvalid for a column of objects without fields, for which parquet has no form */
  constructor(path: string, columns: Columns) {
    for (const [name, kind] of columns) {
      if (!hasEmptyStruct(kind)) continue;
      const message = `column ${JSON.stringify(name)} holds nothing but objects without fields ({}). Leave it out, or make it null.`;
      throw new PermanentError('DatasetInvalid', message);
    }
    this.#columns = columns;
    const schema: SchemaElement[] = [
      { name: 'schema', num_children: columns.size },
      ...[...columns].flatMap(([name, kind]) => elementsOf(name, kind)),
    ];
    this.#writer = new ParquetWriter({ writer: fileWriter(path), schema, statistics: false });
  }

  /** @param chars of the text that the row was made of */
  add(row: PyDict, chars: number): void {
    this.#rows.push(row);
    this.#chars += chars;
    const cells = this.#rows.length * this.#columns.size;
    if (this.#rows.length >= GROUP_ROWS || cells >= GROUP_CELLS || this.#chars >= GROUP_CHARS) this.#writeGroup();
  }

  finish(): void {
    this.#writeGroup();
    this.#writer.finish();
  }

  #writeGroup(): void {
    const rows = this.#rows;
    if (rows.length === 0) return;
    const columnData = [...this.#columns].map(([name, kind]) => ({
      name,
      data: rows.map((row) => cellOf(row.get(name) ?? null, kind)),
    }));
    this.#writer.write({ columnData, rowGroupSize: rows.length });
    this.#rows = [];
    this.#chars = 0;
  }
}

/** Whether a plain value is of the kind, without making a kind of it. */
function holds({ of }: Kind, value: PyValue): boolean {
  if (value === null) return true;
  if (typeof value === 'string') return of === 'text' && value.isWellFormed();
  if (typeof value === 'number') return of === 'float';
  return typeof value === 'boolean' && of === 'bool';
}

function hasEmptyStruct(kind: Kind): boolean {
  if (kind.of === 'list') return hasEmptyStruct(kind.item);
  return kind.of === 'struct' && (kind.fields.size === 0 || [...kind.fields.values()].some(hasEmptyStruct));
}

function elementsOf(name: string, kind: Kind): SchemaElement[] {
  const optional = { name, repetition_type: 'OPTIONAL' as const };
  switch (kind.of) {
    case 'bool':
      return [{ ...optional, type: 'BOOLEAN' }];
    case 'int':
      return [{ ...optional, type: 'INT64' }];
    case 'float':
      return [{ ...optional, type: 'DOUBLE' }];
    case 'moment':
      return [
        {
          ...optional,
          type: 'INT64',
          converted_type: 'TIMESTAMP_MILLIS',
          logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: false, unit: 'MILLIS' },
        },
      ];
    case 'list':
      return [
        { ...optional, num_children: 1, converted_type: 'LIST' },
        { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
        ...elementsOf('element', kind.item),
      ];
    case 'struct':
      return [
        { ...optional, num_children: kind.fields.size },
        ...[...kind.fields].flatMap(([field, inner]) => elementsOf(field, inner)),
      ];
    default:
      return [{ ...optional, type: 'BYTE_ARRAY', converted_type: 'UTF8' }];
  }
}

function cellOf(value: PyValue, kind: Kind): Cell {
  if (value === null) return null;
  if (kind.of === 'float') return Number(value);
  if (kind.of === 'int') return typeof value === 'number' ? BigInt(value) : typeof value === 'bigint' ? value : null;
  if (kind.of === 'moment') return momentOf(String(value));
  if (kind.of === 'list') return Array.isArray(value) ? value.map((item) => cellOf(item, kind.item)) : null;
  if (kind.of === 'struct') {
    const fields = isDict(value) ? value : new Map<PyValue, PyValue>();
    return Object.fromEntries([...kind.fields].map(([name, inner]) => [name, cellOf(fields.get(name) ?? null, inner)]));
  }
  return typeof value === 'string' || typeof value === 'boolean' || typeof value === 'bigint' ? value : null;
}
