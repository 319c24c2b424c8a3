import type { ColumnType } from '../parquet/column-type.ts';
import { pyBytes, pyDate, pyDatetime, pyDecimal, pyTime, pyTimestampNanos, pyUuid } from '../python/opaque.ts';
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
      const { micros, nanos } = clockOf(text);
      return type.nanos ? pyTimestampNanos(micros * 1000n + nanos, type.utc) : pyDatetime(micros, type.utc);
    }
    default:
      return text;
  }
}

function parseDecimal(text: string, scale: number): PyValue {
  return pyDecimal(BigInt(decimalDigits(text, scale)), scale);
}

/**
 * The digits of `-12.50`, or as Python prints very small ones, `1.25E-9`, without the point and down to `scale` places
 * behind it: `-1250`. Throws Error where the text is no decimal number.
 */
export function decimalDigits(text: string, scale: number): string {
  const parts = /^([+-]?)(\d+)(?:\.(\d+))?(?:E([+-]?\d+))?$/i.exec(text);
  if (parts === null) throw new Error(`${text} is no decimal number`);
  const [, sign, whole = '', fraction = '', exponent = '0'] = parts;
  const shift = scale - fraction.length + Number(exponent);
  const digits = whole + fraction;
  const unscaled = shift >= 0 ? digits + '0'.repeat(shift) : digits.slice(0, shift) || '0';
  return (sign === '-' ? '-' : '') + unscaled;
}

/** Microseconds since 1970 of `1970-01-31 12:00:00.000001+00:00`, and nanoseconds beyond them. Throws Error for other texts. */
export function clockOf(text: string): { micros: bigint; nanos: bigint } {
  const parts = /^(\d{4})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?:\+00:00)?$/.exec(text);
  if (parts === null) throw new Error(`${text} is no date and time`);
  const [, year = '', month = '', day = '', hour = '', minute = '', second = '', fraction = ''] = parts;
  // Date.UTC takes the years 0 to 99 for those of the last century; the ISO form does not.
  const seconds = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`) / 1000;
  const nanos = BigInt(fraction.padEnd(9, '0'));
  return { micros: BigInt(seconds) * 1_000_000n + nanos / 1000n, nanos: nanos % 1000n };
}
