import type { DurationUnit } from '../python/duration.ts';

/**
 * The type of a data set's column, as far as Python sees it. Plain JSON: it is kept with the table, so that values come
 * back out of Postgres as they were in the parquet file.
 */
export type ColumnType =
  | { kind: 'int'; bits: 8 | 16 | 32 | 64; signed: boolean }
  /** Of 64 bits where not said otherwise. */
  | { kind: 'float'; bits?: 16 | 32 | undefined }
  | { kind: 'bool' | 'string' | 'bytes' | 'uuid' | 'date' | 'time' | 'null' }
  /** Only in tables that another program made: whatever the JSON says. */
  | { kind: 'json' }
  /**
   * `nanos`: finer than Python's datetime; pandas' Timestamp shows them. `utc`: a moment, not a wall clock's reading; shown in `zone`,
   * where it has one of its own.
   */
  | { kind: 'timestamp'; nanos: boolean; utc: boolean; zone?: string | undefined }
  | { kind: 'duration'; unit: DurationUnit }
  | { kind: 'decimal'; precision: number; scale: number }
  | { kind: 'list'; item: ColumnType }
  | { kind: 'struct'; fields: Column[] }
  /** To Python a list of (key, value) tuples, as pyarrow gives them: keys may repeat. */
  | { kind: 'map'; key: ColumnType; value: ColumnType };

/** A column of a data set, or a field of a struct. */
export interface Column {
  name: string;
  type: ColumnType;
}

/** A short text for messages: `list<struct<a: int64>>`. */
export function describeType(type: ColumnType): string {
  switch (type.kind) {
    case 'int':
      return `${type.signed ? '' : 'u'}int${type.bits}`;
    case 'float':
      return `float${type.bits ?? 64}`;
    case 'timestamp':
      return `timestamp[${type.nanos ? 'ns' : 'us'}${type.utc ? `, ${zoneOfType(type)}` : ''}]`;
    case 'duration':
      return `duration[${type.unit}]`;
    case 'decimal':
      return `decimal(${type.precision}, ${type.scale})`;
    case 'list':
      return `list<${describeType(type.item)}>`;
    case 'struct':
      return `struct<${type.fields.map((field) => `${field.name}: ${describeType(field.type)}`).join(', ')}>`;
    case 'map':
      return `map<${describeType(type.key)}, ${describeType(type.value)}>`;
    default:
      return type.kind;
  }
}

/** The zone in which Python shows values of a timestamp; undefined for a wall clock's readings. */
export function zoneOfType({ utc, zone }: { utc: boolean; zone?: string | undefined }): string | undefined {
  return utc ? (zone ?? 'UTC') : undefined;
}
