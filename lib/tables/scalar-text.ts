import { type ColumnType, zoneOfType } from '../parquet/column-type.ts';
import { pyDuration } from '../python/duration.ts';
import {
  NOT_A_TIME,
  pyBytes,
  pyDate,
  pyDatetime,
  pyDecimal,
  pyTime,
  pyTimestampNanos,
  pyUuid,
} from '../python/opaque.ts';
import { clockOf, decimalDigits } from '../python/opaque-text.ts';
import type { PyValue } from '../python/value.ts';

/**
 * A value without parts from the text that Postgres (asked as in read.ts) or a JSON cell has for it: digits, `t`,
 * `1970-01-31 12:00:00.000001+00:00`, hex for bytes. Throws Error where the text is none of the type.
 */
export function parseScalar(type: ColumnType, text: string): PyValue {
  switch (type.kind) {
    case 'int':
      return BigInt(text);
    case 'float':
      return Number(text);
    case 'bool':
      return text === 't' || text === 'true';
    case 'bytes':
      return pyBytes(Buffer.from(text, 'hex'));
    case 'uuid':
      return pyUuid(text);
    case 'decimal':
      return parseDecimal(text, type.scale);
    case 'date':
      return pyDate(Number(clockOf(`${text} 00:00:00`).micros / 86_400_000_000n));
    case 'time':
      return pyTime(clockOf(`1970-01-01 ${text}`).micros);
    case 'timestamp': {
      if (text === NOT_A_TIME.str) return NOT_A_TIME;
      const { micros, nanos } = clockOf(text);
      const zone = zoneOfType(type);
      return type.nanos ? pyTimestampNanos(micros * 1000n + nanos, zone) : pyDatetime(micros, zone);
    }
    case 'duration':
      return text === NOT_A_TIME.str ? NOT_A_TIME : pyDuration(BigInt(text), type.unit);
    default:
      return text;
  }
}

function parseDecimal(text: string, scale: number): PyValue {
  return pyDecimal(BigInt(decimalDigits(text, scale)), scale);
}
