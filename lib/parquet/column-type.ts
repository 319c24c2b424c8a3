/**
 * The type of a data set's column, as far as Python sees it. Plain JSON: it is kept with the table, so that values come
 * back out of Postgres as they were in the parquet file.
 */
export type ColumnType =
  | { kind: 'int'; bits: 8 | 16 | 32 | 64; signed: boolean }
  | { kind: 'float' | 'bool' | 'string' | 'bytes' | 'uuid' | 'date' | 'time' | 'null' }
  /** Only in tables that another program made: whatever the JSON says. */
  | { kind: 'json' }
  /** `nanos`: finer than Python's datetime; pandas' Timestamp shows them. `utc`: a moment, not a wall clock's reading. */
  | { kind: 'timestamp'; nanos: boolean; utc: boolean }
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
    case 'timestamp':
      return `timestamp[${type.nanos ? 'ns' : 'us'}${type.utc ? ', UTC' : ''}]`;
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

/**
 * The type that holds the values of both, where one file of a data set says otherwise than another: a column without
 * any value may have any type, and the wider of two ints holds both. Undefined where there is none.
 */
export function commonType(a: ColumnType, b: ColumnType): ColumnType | undefined {
  if (a.kind === 'null') return b;
  if (b.kind === 'null') return a;
  if (a.kind === 'int' && b.kind === 'int') {
    if (a.signed === b.signed) return a.bits >= b.bits ? a : b;
    const [signed, unsigned] = a.signed ? [a, b] : [b, a];
    return signed.bits > unsigned.bits ? signed : undefined;
  }
  if (a.kind === 'list' && b.kind === 'list') {
    const item = commonType(a.item, b.item);
    return item && { kind: 'list', item };
  }
  if (a.kind === 'map' && b.kind === 'map') {
    const key = commonType(a.key, b.key);
    const value = commonType(a.value, b.value);
    return key && value && { kind: 'map', key, value };
  }
  if (a.kind === 'struct' && b.kind === 'struct') {
    if (a.fields.length !== b.fields.length) return undefined;
    const fields: Column[] = [];
    for (const [index, field] of a.fields.entries()) {
      const other = b.fields[index];
      const type = other?.name === field.name ? commonType(field.type, other.type) : undefined;
      if (type === undefined) return undefined;
      fields.push({ name: field.name, type });
    }
    return { kind: 'struct', fields };
  }
  return describeType(a) === describeType(b) ? a : undefined;
}
