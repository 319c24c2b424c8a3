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

/** The items of an array in Postgres' text form, `{"a","b \"c\"",NULL}`; throws Error where it has more than one dimension or is malformed. */
export function parseArray(text: string): (string | null)[] {
  const items: (string | null)[] = [];
  if (text === '{}') return items;
  let at = 1;
  while (at < text.length) {
    if (text[at] === '{') throw new Error('an array of more than one dimension');
    if (text[at] === '"') {
      let item = '';
      let from = ++at;
      while (text[at] !== '"') {
        if (at >= text.length) throw new Error('an array without an end');
        if (text[at] === '\\') {
          item += text.slice(from, at);
          from = ++at;
        }
        at++;
      }
      items.push(item + text.slice(from, at++));
    } else {
      const end = text.slice(at).search(/[,}]/);
      if (end < 0) throw new Error('an array without an end');
      const item = text.slice(at, at + end);
      items.push(item === 'NULL' ? null : item);
      at += end;
    }
    if (text[at] === '}' && at === text.length - 1) return items;
    if (text[at] !== ',') throw new Error('an array without a comma between its items');
    at++;
  }
  throw new Error('an array without an end');
}
