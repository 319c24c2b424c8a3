import { pyDuration } from '../python/duration.ts';
import { pyBytes, pyDate, pyDatetime, pyDecimal, pyTime, pyTimestampNanos, pyUuid } from '../python/opaque.ts';
import type { PyValue } from '../python/value.ts';
import { type ColumnType, zoneOfType } from './column-type.ts';
import type { SchemaElement } from './schema-element.ts';

/** Turns one stored value (INT32 as number, INT64 as bigint, bytes) into Python's. */
export type Convert = (value: unknown) => PyValue;

/** Unlike the default, this one keeps a byte order mark, which is a character of the text. */
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
/** What stands where bytes are no UTF-8, or in texts that hold it. */
const REPLACED = '\ufffd';

/** The text of some bytes, which must be UTF-8; throws TypeError where they are not. */
export function readText(bytes: Buffer, start: number, end: number): string {
  // Several times as fast as the strict decoder, which is asked only where this one may have hidden something.
  const text = bytes.toString('utf8', start, end);
  return text.includes(REPLACED) ? utf8.decode(bytes.subarray(start, end)) : text;
}

/**
 * The Python type of a leaf of a parquet schema, as pyarrow reads it: JSON as str; ENUM, BSON and bytes without a note as
 * bytes; INT96 as a timestamp.
 */
export function leafType(element: SchemaElement): ColumnType {
  const { type, logical_type: logical, converted_type: converted } = element;
  if (logical?.type === 'NULL') return { kind: 'null' };
  if (logical?.type === 'UUID' && element.type_length === 16) return { kind: 'uuid' };
  if (logical?.type === 'FLOAT16') return { kind: 'float', bits: 16 };
  if (type === 'FLOAT') return { kind: 'float', bits: 32 };
  if (type === 'DOUBLE') return { kind: 'float' };
  if (type === 'BOOLEAN') return { kind: 'bool' };
  if (type === 'INT96') return { kind: 'timestamp', nanos: true, utc: false };
  if (logical?.type === 'DECIMAL' || converted === 'DECIMAL') {
    const scale = element.scale ?? (logical?.type === 'DECIMAL' ? logical.scale : 0);
    const precision = element.precision ?? (logical?.type === 'DECIMAL' ? logical.precision : 38);
    return { kind: 'decimal', precision, scale };
  }
  if (logical?.type === 'DATE' || converted === 'DATE') return { kind: 'date' };
  if (logical?.type === 'TIME' || converted?.startsWith('TIME_')) return { kind: 'time' };
  if (logical?.type === 'TIMESTAMP') {
    return { kind: 'timestamp', nanos: logical.unit === 'NANOS', utc: logical.isAdjustedToUTC };
  }
  if (converted?.startsWith('TIMESTAMP_')) return { kind: 'timestamp', nanos: false, utc: true };
  if (type === 'INT32' || type === 'INT64') return intType(element);
  const text = logical?.type === 'STRING' || logical?.type === 'JSON' || converted === 'UTF8' || converted === 'JSON';
  return { kind: text ? 'string' : 'bytes' };
}

/** Turns a stored value into Python's of that type. Throws Error where it has no Python form (year 0). */
export function leafConverter(element: SchemaElement, type: ColumnType): Convert {
  switch (type.kind) {
    case 'string':
      return (value) => {
        const { buffer, byteOffset, byteLength } = bytesOf(value);
        return readText(Buffer.from(buffer, byteOffset, byteLength), 0, byteLength);
      };
    case 'int':
      if (element.type === 'INT64') return type.signed ? longOf : (value) => BigInt.asUintN(64, longOf(value));
      return intConverter(type);
    case 'bool':
      return (value) => Boolean(value);
    case 'float':
      return element.logical_type?.type === 'FLOAT16' ? (value) => half(bytesOf(value)) : numberOf;
    case 'bytes':
      return (value) => pyBytes(bytesOf(value));
    case 'uuid':
      return (value) => pyUuid(Buffer.from(bytesOf(value)).toString('hex'));
    case 'decimal':
      return (value) => pyDecimal(unscaled(value), type.scale);
    case 'date':
      return (value) => pyDate(numberOf(value));
    case 'time':
      return timeConverter(element);
    case 'timestamp':
      return timestampConverter(element, type);
    case 'duration':
      return (value) => pyDuration(longOf(value), type.unit);
    default:
      return () => {
        throw new Error('there is a value in a column that has none');
      };
  }
}

/** Of what is stored in 32 bits the type's own ones count, as pyarrow takes them: 255 for a uint8 of -1. */
function intConverter({ bits, signed }: { bits: number; signed: boolean }): Convert {
  const unused = 32 - Math.min(bits, 32);
  if (signed) return (value) => BigInt((numberOf(value) << unused) >> unused);
  return (value) => BigInt((numberOf(value) << unused) >>> unused);
}

function timeConverter(element: SchemaElement): Convert {
  const logical = element.logical_type;
  if (element.type === 'INT32') return (value) => pyTime(BigInt(numberOf(value)) * 1000n);
  if (logical?.type !== 'TIME' || logical.unit !== 'NANOS') return (value) => pyTime(longOf(value));
  return (value) => {
    const nanos = longOf(value);
    if (nanos % 1000n !== 0n) throw new Error(`the time of ${nanos} nanoseconds is finer than Python's datetime.time`);
    return pyTime(nanos / 1000n);
  };
}

function timestampConverter(element: SchemaElement, type: Extract<ColumnType, { kind: 'timestamp' }>): Convert {
  const zone = zoneOfType(type);
  const { logical_type: logical, converted_type: converted } = element;
  if (element.type === 'INT96') return (value) => pyTimestampNanos(julianNanos(longOf(value)));
  if (type.nanos) return (value) => pyTimestampNanos(longOf(value), zone);
  const millis = logical?.type === 'TIMESTAMP' ? logical.unit === 'MILLIS' : converted === 'TIMESTAMP_MILLIS';
  return millis ? (value) => pyDatetime(longOf(value) * 1000n, zone) : (value) => pyDatetime(longOf(value), zone);
}

/** INT96: the Julian day above 64 bits of nanoseconds of the day. What 64 bits of nanoseconds can't hold wraps, as in pyarrow. */
function julianNanos(value: bigint): bigint {
  return BigInt.asIntN(64, ((value >> 64n) - 2_440_588n) * 86_400_000_000_000n + BigInt.asUintN(64, value));
}

function intType(element: SchemaElement): ColumnType {
  const { logical_type: logical, converted_type: converted } = element;
  if (logical?.type === 'INTEGER') {
    const bits = logical.bitWidth;
    if (bits === 8 || bits === 16 || bits === 32 || bits === 64) return { kind: 'int', bits, signed: logical.isSigned };
  }
  const noted = /^(U?)INT_(8|16|32|64)$/.exec(converted ?? '');
  const bits = noted ? Number(noted[2]) : element.type === 'INT64' ? 64 : 32;
  if (bits === 8 || bits === 16 || bits === 32) return { kind: 'int', bits, signed: noted?.[1] !== 'U' };
  return { kind: 'int', bits: 64, signed: noted?.[1] !== 'U' };
}

/** Two's complement, most significant byte first. */
function unscaled(value: unknown): bigint {
  if (typeof value === 'bigint') return value;
  if (typeof value === 'number') return BigInt(value);
  let result = 0n;
  for (const byte of bytesOf(value)) result = (result << 8n) | BigInt(byte);
  return BigInt.asIntN(bytesOf(value).length * 8, result);
}

function half(bytes: Uint8Array): number {
  const bits = ((bytes[1] ?? 0) << 8) | (bytes[0] ?? 0);
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * 2 ** -24 * fraction;
  if (exponent === 0x1f) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * 2 ** (exponent - 15) * (1 + fraction / 1024);
}

function bytesOf(value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return value;
  throw new Error(`a ${typeof value} where bytes should be`);
}

function numberOf(value: unknown): number {
  if (typeof value === 'number') return value;
  throw new Error(`a ${typeof value} where a number should be`);
}

function longOf(value: unknown): bigint {
  if (typeof value === 'bigint') return value;
  throw new Error(`a ${typeof value} where a 64 bit number should be`);
}
