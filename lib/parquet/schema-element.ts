import type { ThriftReader } from './thrift.ts';

const PHYSICAL = [
  'BOOLEAN',
  'INT32',
  'INT64',
  'INT96',
  'FLOAT',
  'DOUBLE',
  'BYTE_ARRAY',
  'FIXED_LEN_BYTE_ARRAY',
] as const;
/** How values are stored. */
export type PhysicalType = (typeof PHYSICAL)[number];

const REPETITIONS = ['REQUIRED', 'OPTIONAL', 'REPEATED'] as const;

const CONVERTED = [
  'UTF8',
  'MAP',
  'MAP_KEY_VALUE',
  'LIST',
  'ENUM',
  'DECIMAL',
  'DATE',
  'TIME_MILLIS',
  'TIME_MICROS',
  'TIMESTAMP_MILLIS',
  'TIMESTAMP_MICROS',
  'UINT_8',
  'UINT_16',
  'UINT_32',
  'UINT_64',
  'INT_8',
  'INT_16',
  'INT_32',
  'INT_64',
  'JSON',
  'BSON',
  'INTERVAL',
] as const;
/** What values mean, as older writers note it. */
export type ConvertedType = (typeof CONVERTED)[number];

const UNITS = ['MILLIS', 'MICROS', 'NANOS'] as const;
/** Of times and timestamps. */
export type TimeUnit = (typeof UNITS)[number];

type PlainType = 'STRING' | 'MAP' | 'LIST' | 'ENUM' | 'DATE' | 'NULL' | 'JSON' | 'BSON' | 'UUID' | 'FLOAT16';

/** What values mean, as newer writers note it; of those that we don't tell apart from their stored type, nothing is kept. */
export type LogicalType =
  | { type: PlainType }
  | { type: 'DECIMAL'; scale: number; precision: number }
  | { type: 'TIME' | 'TIMESTAMP'; isAdjustedToUTC: boolean; unit: TimeUnit }
  | { type: 'INTEGER'; bitWidth: number; isSigned: boolean };

/** One node of the schema, as the footer lists them: each before its children. Named as in the format's own definition. */
export interface SchemaElement {
  name: string;
  type?: PhysicalType | undefined;
  /** In bytes, of FIXED_LEN_BYTE_ARRAY. */
  type_length?: number | undefined;
  repetition_type?: (typeof REPETITIONS)[number] | undefined;
  num_children?: number | undefined;
  converted_type?: ConvertedType | undefined;
  scale?: number | undefined;
  precision?: number | undefined;
  logical_type?: LogicalType | undefined;
}

/** Types without anything of their own, by their field's id in the format's union. */
const PLAIN_TYPES: Readonly<Record<number, PlainType>> = {
  1: 'STRING',
  2: 'MAP',
  3: 'LIST',
  4: 'ENUM',
  6: 'DATE',
  11: 'NULL',
  12: 'JSON',
  13: 'BSON',
  14: 'UUID',
  15: 'FLOAT16',
};

/** What older notes a newer one can stand beside. */
const CONVERTED_OF: Readonly<Record<LogicalType['type'], RegExp>> = {
  STRING: /^UTF8$/,
  MAP: /^MAP/,
  LIST: /^LIST$/,
  ENUM: /^ENUM$/,
  DATE: /^DATE$/,
  NULL: /^$/,
  JSON: /^JSON$/,
  BSON: /^BSON$/,
  UUID: /^$/,
  FLOAT16: /^$/,
  DECIMAL: /^DECIMAL$/,
  TIME: /^TIME_/,
  TIMESTAMP: /^TIMESTAMP_/,
  INTEGER: /INT_/,
};

/** Reads a node of the schema. Throws Error where there is none. */
export function readSchemaElement(reader: ThriftReader): SchemaElement {
  let name: string | undefined;
  const element: Omit<SchemaElement, 'name'> = {};
  reader.struct((id) => {
    if (id === 1) element.type = named(PHYSICAL, reader.int(), 'type');
    else if (id === 2) element.type_length = reader.int();
    else if (id === 3) element.repetition_type = named(REPETITIONS, reader.int(), 'repetition');
    else if (id === 4) name = reader.text();
    else if (id === 5) element.num_children = reader.int();
    else if (id === 6) element.converted_type = CONVERTED[reader.int()];
    else if (id === 7) element.scale = reader.int();
    else if (id === 8) element.precision = reader.int();
    else if (id === 10) element.logical_type = readLogicalType(reader);
    // It may change what the values mean; and a damaged number of a field shifts those of all that follow.
    else if (id > 10) throw new Error(`a column is described by a field ${id}, which is not known here`);
  });
  if (name === undefined) throw new Error('a column has no name');
  checkNotes({ name, ...element });
  return { name, ...element };
}

/** Where older and newer notes stand beside each other, they mean the same: nothing else tells that a footer was damaged. */
function checkNotes(element: SchemaElement): void {
  const { name, logical_type: logical, converted_type: converted, precision, scale } = element;
  const refuse = (how: string) => new Error(`the column ${JSON.stringify(name)} has two types: ${how}`);
  if (logical !== undefined && converted !== undefined && !CONVERTED_OF[logical.type].test(converted)) {
    throw refuse(`${logical.type} and ${converted}`);
  }
  if (logical?.type === 'INTEGER' && converted !== undefined) {
    const same = `${logical.isSigned ? '' : 'U'}INT_${logical.bitWidth}`;
    if (converted !== same) throw refuse(`${same} and ${converted}`);
  }
  if (logical !== undefined && 'unit' in logical && converted !== undefined && !converted.endsWith(logical.unit)) {
    throw refuse(`${logical.unit} and ${converted}`);
  }
  const digits = (precision ?? 0) > 0 || (scale ?? 0) > 0;
  if (digits && logical?.type !== 'DECIMAL' && converted !== 'DECIMAL') throw refuse('it has digits and is no DECIMAL');
  if (logical?.type === 'DECIMAL') {
    const same = (precision ?? logical.precision) === logical.precision && (scale ?? logical.scale) === logical.scale;
    if (!same) throw refuse(`DECIMAL(${logical.precision}, ${logical.scale}) and (${precision}, ${scale})`);
  }
}

/** The name of a number of an enumeration. Throws Error where it has none. */
export function named<T extends string>(names: readonly T[], index: number, what: string): T {
  const name = names[index];
  if (name === undefined) throw new Error(`there is no ${what} ${index}`);
  return name;
}

/** The physical types' reader, for columns whose type is noted beside their bytes too. */
export function readPhysicalType(reader: ThriftReader): PhysicalType {
  return named(PHYSICAL, reader.int(), 'type');
}

function readLogicalType(reader: ThriftReader): LogicalType | undefined {
  let type: LogicalType | undefined;
  reader.struct((id) => {
    if (id === 5) type = readDecimal(reader);
    else if (id === 7 || id === 8) type = readTime(reader, id === 7 ? 'TIME' : 'TIMESTAMP');
    else if (id === 10) type = readInteger(reader);
    else {
      const plain = PLAIN_TYPES[id];
      if (plain !== undefined) type = { type: plain };
    }
  });
  return type;
}

function readDecimal(reader: ThriftReader): LogicalType {
  let scale = 0;
  let precision = 0;
  reader.struct((id) => {
    if (id === 1) scale = reader.int();
    else if (id === 2) precision = reader.int();
  });
  return { type: 'DECIMAL', scale, precision };
}

function readTime(reader: ThriftReader, type: 'TIME' | 'TIMESTAMP'): LogicalType {
  let isAdjustedToUTC = false;
  let unit: TimeUnit | undefined;
  reader.struct((id) => {
    if (id === 1) isAdjustedToUTC = reader.bool();
    else if (id === 2) reader.struct((which) => (unit = UNITS[which - 1]));
  });
  if (unit === undefined) throw new Error('a time has no unit');
  return { type, isAdjustedToUTC, unit };
}

function readInteger(reader: ThriftReader): LogicalType {
  let bitWidth = 0;
  let isSigned = false;
  reader.struct((id) => {
    if (id === 1) bitWidth = reader.int();
    else if (id === 2) isSigned = reader.bool();
  });
  return { type: 'INTEGER', bitWidth, isSigned };
}
