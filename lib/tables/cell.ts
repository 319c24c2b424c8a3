import type { ColumnType } from '../parquet/column-type.ts';
import { loads } from '../python/json.ts';
import type { PyValue } from '../python/value.ts';
import { fromJson } from './json-cell.ts';
import { parseArray, parseScalar } from './scalar-text.ts';

/**
 * How Postgres stores a column. Lists of lists, structs or maps are JSON and no arrays: Postgres' arrays are rectangular
 * and hold no NULL or empty rows. So are lists of dates and the like: their text in an array depends on the settings of
 * the connection. Nanoseconds are TEXT: TIMESTAMP would round them. A duration is the number of its units: INTERVAL counts months and days.
 */
export function postgresType(type: ColumnType): string {
  switch (type.kind) {
    case 'int':
      if (type.bits === 64) return type.signed ? 'BIGINT' : 'NUMERIC(20,0)';
      return type.bits === 32 && !type.signed ? 'BIGINT' : 'INTEGER';
    case 'float':
      return 'DOUBLE PRECISION';
    case 'bool':
      return 'BOOLEAN';
    case 'bytes':
      return 'BYTEA';
    case 'uuid':
      return 'UUID';
    case 'date':
      return 'DATE';
    case 'time':
      return 'TIME';
    case 'timestamp':
      if (type.nanos) return 'TEXT';
      return type.utc ? 'TIMESTAMPTZ' : 'TIMESTAMP';
    case 'duration':
      return 'BIGINT';
    case 'decimal':
      return `NUMERIC(${type.precision},${type.scale})`;
    case 'list':
      return isArray(type) ? `${postgresType(type.item)}[]` : 'JSON';
    case 'struct':
    case 'map':
    case 'json':
      return 'JSON';
    default:
      return 'TEXT';
  }
}

/** The expression that asks for a column so that {@link parseCell} understands the answer, whatever DateStyle is set. */
export function selectExpression(type: ColumnType, column: string): string {
  switch (type.kind) {
    case 'bytes':
      return `encode(${column}, 'hex')`;
    case 'date':
      return `to_char(${column}, 'YYYY-MM-DD')`;
    case 'time':
      return `to_char(${column}, 'HH24:MI:SS.US')`;
    case 'timestamp':
      if (type.nanos) return column;
      return `to_char(${column}${type.utc ? " AT TIME ZONE 'UTC'" : ''}, 'YYYY-MM-DD HH24:MI:SS.US')`;
    default:
      return column;
  }
}

/** Takes back, from the text that Postgres gives, the value that the parquet file had. */
export function parseCell(type: ColumnType): (text: string) => PyValue {
  if (postgresType(type) === 'JSON') return (text) => fromJson(type, loads(text));
  if (type.kind === 'string') return (text) => text;
  if (type.kind !== 'list') return (text) => parseScalar(type, text);
  const { item } = type;
  return (text) => parseArray(text).map((entry) => (entry === null ? null : parseScalar(item, entry)));
}

function isArray({ item }: { item: ColumnType }): boolean {
  return (
    item.kind === 'string' ||
    item.kind === 'int' ||
    item.kind === 'float' ||
    item.kind === 'bool' ||
    item.kind === 'decimal'
  );
}
