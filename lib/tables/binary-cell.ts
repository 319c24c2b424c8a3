import type { ColumnType } from '../parquet/column-type.ts';
import { PyDuration } from '../python/duration.ts';
import { dumps } from '../python/json.ts';
import { clockOf, decimalDigits } from '../python/opaque-text.ts';
import { PyOpaque, type PyValue } from '../python/value.ts';
import type { BinaryRows } from './binary-rows.ts';
import { postgresType } from './cell.ts';
import { toJson } from './json-cell.ts';

/** Writes a value that is not NULL, with its length before it. */
export type WriteCell = (rows: BinaryRows, value: PyValue) => void;

/** Thrown for text with NUL characters, which Postgres can't store. */
export class NulCharacter extends Error {
  override readonly name = 'NulCharacter';
}

/** Postgres counts dates and times from 2000-01-01, here in microseconds and days since 1970. */
const EPOCH_MICROS = 946_684_800_000_000n;
const EPOCH_DAYS = 10_957;
const DAY_MICROS = 86_400_000_000n;
/** What stands in an array for the type of its items: `oid`s of Postgres' catalogue, which never change. */
const OIDS: Readonly<Record<string, number>> = {
  BOOLEAN: 16,
  BIGINT: 20,
  INTEGER: 23,
  TEXT: 25,
  'DOUBLE PRECISION': 701,
};
const NUMERIC_OID = 1700;
/** A digit of NUMERIC holds four decimal ones. */
const NUMERIC_DIGITS = 4;
const NEGATIVE = 0x4000;
/** What stands for pandas' NaT. */
const LEAST = -(2n ** 63n);

/** What writes the values of a column in the form that its type in Postgres has in a binary COPY. */
export function cellWriter(type: ColumnType): WriteCell {
  const stored = postgresType(type);
  if (stored === 'JSON') return (rows, value) => rows.text(dumps(toJson(type, value)));
  switch (type.kind) {
    case 'int':
      if (stored === 'INTEGER') return sized(4, (rows, value) => rows.int32(Number(value)));
      if (stored === 'BIGINT') return sized(8, (rows, value) => rows.int64(typeof value === 'bigint' ? value : 0n));
      return (rows, value) => writeNumeric(rows, String(value), 0);
    case 'float':
      return sized(8, (rows, value) => rows.double(Number(value)));
    case 'bool':
      return sized(1, (rows, value) => rows.byte(value === true ? 1 : 0));
    case 'bytes':
      return (rows, value) => rows.sized(() => rows.bytes(bytesOf(value)));
    case 'uuid':
      return sized(16, (rows, value) => rows.bytes(Buffer.from(textOf(value).replaceAll('-', ''), 'hex')));
    case 'decimal':
      return (rows, value) => writeNumeric(rows, decimalDigits(textOf(value), type.scale), type.scale);
    case 'date':
      return sized(4, (rows, value) =>
        rows.int32(Number(microsOf(`${textOf(value)} 00:00:00`) / DAY_MICROS) - EPOCH_DAYS),
      );
    case 'time':
      return sized(8, (rows, value) => rows.int64(microsOf(`1970-01-01 ${textOf(value)}`)));
    case 'timestamp':
      if (type.nanos) return writeText;
      return sized(8, (rows, value) => rows.int64(microsOf(textOf(value)) - EPOCH_MICROS));
    case 'duration':
      return sized(8, (rows, value) => rows.int64(value instanceof PyDuration ? value.count : LEAST));
    case 'list':
      return arrayWriter(type.item);
    default:
      return writeText;
  }
}

function arrayWriter(item: ColumnType): WriteCell {
  const write = cellWriter(item);
  const oid = OIDS[postgresType(item)] ?? NUMERIC_OID;
  return (rows, value) => {
    const items = Array.isArray(value) ? value : [];
    rows.sized(() => {
      // Dimensions, whether there are NULLs, the items' type; then how many, and the first one's number.
      rows.int32(items.length === 0 ? 0 : 1);
      rows.int32(items.includes(null) ? 1 : 0);
      rows.int32(oid);
      if (items.length === 0) return;
      rows.int32(items.length);
      rows.int32(1);
      for (const entry of items) {
        if (entry === null) rows.int32(-1);
        else write(rows, entry);
      }
    });
  };
}

function writeText(rows: BinaryRows, value: PyValue): void {
  const text = textOf(value);
  if (text.includes('\0')) throw new NulCharacter();
  rows.text(text);
}

/** `digits` is the number without its point, which is `scale` digits from its end. */
function writeNumeric(rows: BinaryRows, digits: string, scale: number): void {
  const negative = digits.startsWith('-');
  const plain = digits.slice(negative ? 1 : 0).padStart(scale + 1, '0');
  const whole = plain.slice(0, plain.length - scale);
  const fraction = plain.slice(plain.length - scale);
  const left = whole.padStart(roundUp(whole.length), '0');
  const all = left + fraction.padEnd(roundUp(fraction.length), '0');
  const groups: number[] = [];
  for (let at = 0; at < all.length; at += NUMERIC_DIGITS) groups.push(Number(all.slice(at, at + NUMERIC_DIGITS)));
  let weight = left.length / NUMERIC_DIGITS - 1;
  while (groups[0] === 0) {
    groups.shift();
    weight--;
  }
  while (groups.at(-1) === 0) groups.pop();
  rows.int32(8 + 2 * groups.length);
  rows.int16(groups.length);
  rows.int16(groups.length === 0 ? 0 : weight);
  rows.int16(negative && groups.length > 0 ? NEGATIVE : 0);
  rows.int16(scale);
  for (const group of groups) rows.int16(group);
}

function roundUp(length: number): number {
  return Math.ceil(length / NUMERIC_DIGITS) * NUMERIC_DIGITS;
}

function sized(length: number, write: WriteCell): WriteCell {
  return (rows, value) => {
    rows.int32(length);
    write(rows, value);
  };
}

function microsOf(text: string): bigint {
  return clockOf(text).micros;
}

function textOf(value: PyValue): string {
  if (typeof value === 'string') return value;
  if (value instanceof PyOpaque) return value.str;
  throw new Error(`a ${typeof value} where text should be`);
}

function bytesOf(value: PyValue): Uint8Array {
  if (value instanceof PyOpaque && value.bson instanceof Uint8Array) return value.bson;
  throw new Error(`a ${typeof value} where bytes should be`);
}
