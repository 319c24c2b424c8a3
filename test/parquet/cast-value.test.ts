import { describe, expect, it } from 'vitest';
import { type Cast, castTo } from '../../lib/parquet/cast-value.ts';
import type { ColumnType } from '../../lib/parquet/column-type.ts';
import { pyBytes, pyDate, pyDatetime, pyDecimal, pyTimestampNanos } from '../../lib/python/opaque.ts';
import { repr } from '../../lib/python/repr.ts';
import type { PyValue } from '../../lib/python/value.ts';

const int = (bits: 8 | 16 | 32 | 64, signed = true): ColumnType => ({ kind: 'int', bits, signed });
const double: ColumnType = { kind: 'float' };
const single: ColumnType = { kind: 'float', bits: 32 };
const text: ColumnType = { kind: 'string' };
const time = (nanos: boolean, utc: boolean): ColumnType => ({ kind: 'timestamp', nanos, utc });
const list = (item: ColumnType): ColumnType => ({ kind: 'list', item });
const struct = (fields: Record<string, ColumnType>): ColumnType => ({
  kind: 'struct',
  fields: Object.entries(fields).map(([name, type]) => ({ name, type })),
});
const decimal = (precision: number, scale: number): ColumnType => ({ kind: 'decimal', precision, scale });
const dict = (entries: Record<string, PyValue>): PyValue => new Map(Object.entries(entries));

function cast(to: ColumnType, from: ColumnType, value: PyValue): string {
  const own: Cast | undefined = castTo(to, from);
  try {
    return own === undefined ? 'no such cast' : repr(own(value));
  } catch (error) {
    return error instanceof Error ? error.name : String(error);
  }
}

/** What `datasets` 3.6.0 with pyarrow 26.0.1 made of two files with one row each: the second row, or that it refuses. */
describe("a later file's value becomes what the first file's column holds", () => {
  const NEW_YEAR = 1_577_836_800_000_000n;
  it.each<[string, ColumnType, ColumnType, PyValue, string]>([
    ['an int as float', double, int(64), 2n, '2.0'],
    ['an int that no float is', double, int(64), 2n ** 53n + 1n, 'CastFailed'],
    ['an int that no float of 32 bits is', single, int(64), 2n ** 24n + 1n, 'CastFailed'],
    ['a whole float as int', int(64), double, 2, '2'],
    ['a fraction as int', int(64), double, 2.5, 'CastFailed'],
    ['a long int in few bits', int(32), int(64), 2n ** 40n, 'CastFailed'],
    ['a short int in few bits', int(32), int(64), 5n, '5'],
    ['a negative int without sign', int(8, false), int(64), -2n, 'CastFailed'],
    ['an int as text', text, int(64), 2n, "'2'"],
    ['digits as int', int(64), text, '2', '2'],
    ['letters as int', int(64), text, 'x', 'CastFailed'],
    ['a truth value as int', int(64), { kind: 'bool' }, true, '1'],
    ['a truth value as float', double, { kind: 'bool' }, true, '1.0'],
    ['a truth value as text', text, { kind: 'bool' }, true, "'true'"],
    ['an int as truth value', { kind: 'bool' }, int(64), 2n, 'True'],
    ['a text as truth value', { kind: 'bool' }, text, 'true', 'True'],
    ['nanoseconds as microseconds', time(false, false), time(true, false), pyTimestampNanos(7n), 'CastFailed'],
    [
      'microseconds as nanoseconds',
      time(true, false),
      time(false, false),
      pyDatetime(NEW_YEAR),
      "Timestamp('2020-01-01 00:00:00')",
    ],
    [
      'a moment as wall clock',
      time(false, false),
      time(false, true),
      pyDatetime(NEW_YEAR, 'UTC'),
      'datetime.datetime(2020, 1, 1, 0, 0)',
    ],
    [
      'a wall clock as moment',
      time(false, true),
      time(false, false),
      pyDatetime(NEW_YEAR),
      "datetime.datetime(2020, 1, 1, 0, 0, tzinfo=zoneinfo.ZoneInfo(key='UTC'))",
    ],
    ['a date as text', text, { kind: 'date' }, pyDate(18_263), "'2020-01-02'"],
    ['a time of day as date', { kind: 'date' }, time(false, false), pyDatetime(-5n), 'datetime.date(1969, 12, 31)'],
    [
      'a date as timestamp',
      time(false, false),
      { kind: 'date' },
      pyDate(18_263),
      'datetime.datetime(2020, 1, 2, 0, 0)',
    ],
    ['values where the first has none', { kind: 'null' }, text, 'a', 'no such cast'],
    ['floats in a list of ints', list(int(64)), list(double), [2, null], '[2, None]'],
    ['a list as text', text, list(text), ['b'], 'no such cast'],
    ['a text as list', list(text), text, 'b', 'no such cast'],
    ['a struct as text', text, struct({ a: int(64) }), dict({ a: 1n }), 'no such cast'],
    [
      'fields in another order',
      struct({ a: int(64), b: text }),
      struct({ b: text, a: int(64) }),
      dict({ b: 'y', a: 2n }),
      "{'a': 2, 'b': 'y'}",
    ],
    [
      'a field that is missing, in a list',
      list(struct({ a: int(64), b: text })),
      list(struct({ a: int(64) })),
      [dict({ a: 2n })],
      "[{'a': 2, 'b': None}]",
    ],
    [
      'a field too many',
      struct({ a: int(64) }),
      struct({ a: int(64), b: text }),
      dict({ a: 2n, b: 'y' }),
      'no such cast',
    ],
    ['bytes as text', text, { kind: 'bytes' }, pyBytes(Uint8Array.of(98)), "'b'"],
    ['bytes that are no UTF-8 as text', text, { kind: 'bytes' }, pyBytes(Uint8Array.of(255)), 'CastFailed'],
    ['a text as bytes', { kind: 'bytes' }, text, 'b', "b'b'"],
    ['a decimal with fewer digits', decimal(5, 2), decimal(9, 4), pyDecimal(20_000n, 4), "Decimal('2.00')"],
    ['a decimal as float', double, decimal(9, 4), pyDecimal(20_000n, 4), '2.0'],
    ['a float of 64 bits in 32', single, double, 0.1, '0.10000000149011612'],
  ])('%s', (_, to, from, value, expected) => {
    expect(cast(to, from, value)).toBe(expected);
  });

  it('a decimal that would lose digits is refused', () => {
    expect(cast(decimal(5, 2), decimal(9, 4), pyDecimal(20_001n, 4))).toBe('CastFailed');
    expect(cast(decimal(3, 2), decimal(9, 2), pyDecimal(123_456n, 2))).toBe('CastFailed');
    expect(cast(decimal(5, 2), decimal(9, 4), pyDecimal(0n, 4))).toBe("Decimal('0.00')");
  });
});
