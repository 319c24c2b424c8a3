import { parquetWriteBuffer, type SchemaElement } from 'hyparquet-writer';
import { PermanentError } from '../errors/errors.ts';
import { isDict, type PyDict, type PyValue } from '../python/value.ts';
import { join, type Kind, kindOf, momentOf } from './kind.ts';

/** A column with the type that all of a data set's files have for it. */
export type Columns = ReadonlyMap<string, Kind>;

/** A value as the writer of parquet takes it. */
type Cell = null | boolean | bigint | number | string | Date | Cell[] | { [name: string]: Cell };

/**
 * Widens columns by the rows of another file.
 * @throws PermanentError DatasetInvalid naming the file, the column and what differs
 */
export function widen(columns: Map<string, Kind>, name: string, rows: readonly PyDict[], moments: boolean): void {
  for (const [at, row] of rows.entries()) {
    for (const [key, value] of row) {
      const column = String(key);
      try {
        columns.set(column, join(columns.get(column) ?? { of: 'null' }, kindOf(value, moments)));
      } catch (error) {
        if (!(error instanceof PermanentError)) throw error;
        const message = `${name}, row ${at}, column ${JSON.stringify(column)}: ${error.message}. A column has one type.`;
        throw new PermanentError('DatasetInvalid', message);
      }
    }
  }
}

/** The rows as a parquet file with these columns. */
export function parquetOf(columns: Columns, rows: readonly PyDict[]): Uint8Array {
  const names = [...columns.keys()];
  const schema: SchemaElement[] = [
    { name: 'schema', num_children: names.length },
    ...[...columns].flatMap(([name, kind]) => elementsOf(name, kind)),
  ];
  const columnData = [...columns].map(([name, kind]) => ({
    name,
    data: rows.map((row) => cellOf(row.get(name) ?? null, kind)),
  }));
  return new Uint8Array(parquetWriteBuffer({ columnData, schema, rowGroupSize: 10_000, statistics: false }));
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
  if (kind.of === 'moment') return momentOf(String(value));
  if (kind.of === 'list') return Array.isArray(value) ? value.map((item) => cellOf(item, kind.item)) : null;
  if (kind.of === 'struct') {
    const fields = isDict(value) ? value : new Map<PyValue, PyValue>();
    return Object.fromEntries([...kind.fields].map(([name, inner]) => [name, cellOf(fields.get(name) ?? null, inner)]));
  }
  return typeof value === 'string' || typeof value === 'boolean' || typeof value === 'bigint' ? value : null;
}
