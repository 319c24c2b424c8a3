import { describe, expect, it } from 'vitest';
import type { ColumnType } from '../../lib/parquet/column-type.ts';
import { pyBytes, pyDate, pyDatetime, pyDecimal, pyTime, pyTimestampNanos } from '../../lib/python/opaque.ts';
import { PyTuple, type PyValue } from '../../lib/python/value.ts';
import { cellWriter } from '../../lib/tables/binary-cell.ts';
import { BinaryRows } from '../../lib/tables/binary-rows.ts';
import { parseCell, postgresType } from '../../lib/tables/cell.ts';
import { parseArray } from '../../lib/tables/scalar-text.ts';

describe('values that are objects in Python print as there', () => {
  it.each([
    [pyDatetime(0n), '1970-01-01 00:00:00', 'datetime.datetime(1970, 1, 1, 0, 0)', 0],
    [pyDatetime(-1n), '1969-12-31 23:59:59.999999', 'datetime.datetime(1969, 12, 31, 23, 59, 59, 999999)', -1],
    [pyDatetime(61_000_000n), '1970-01-01 00:01:01', 'datetime.datetime(1970, 1, 1, 0, 1, 1)', 61_000],
    [
      pyDatetime(1n, 'UTC'),
      '1970-01-01 00:00:00.000001+00:00',
      "datetime.datetime(1970, 1, 1, 0, 0, 0, 1, tzinfo=zoneinfo.ZoneInfo(key='UTC'))",
      0,
    ],
    [
      pyDatetime(-62_135_596_800_000_000n),
      '0001-01-01 00:00:00',
      'datetime.datetime(1, 1, 1, 0, 0)',
      -62_135_596_800_000,
    ],
    [pyTimestampNanos(1n), '1970-01-01 00:00:00.000000001', "Timestamp('1970-01-01 00:00:00.000000001')", 0],
    [
      pyTimestampNanos(1000n, 'UTC'),
      '1970-01-01 00:00:00.000001+00:00',
      "Timestamp('1970-01-01 00:00:00.000001+0000', tz='UTC')",
      0,
    ],
  ])('%#: %s', (value, str, repr, milliseconds) => {
    expect(value).toMatchObject({ str, repr, bson: new Date(milliseconds) });
  });

  it.each([
    [pyDate(0), '1970-01-01', 'datetime.date(1970, 1, 1)'],
    [pyDate(-719_162), '0001-01-01', 'datetime.date(1, 1, 1)'],
    [pyTime(0n), '00:00:00', 'datetime.time(0, 0)'],
    [pyTime(3_723_000_004n), '01:02:03.000004', 'datetime.time(1, 2, 3, 4)'],
    [pyDecimal(-1n, 2), '-0.01', "Decimal('-0.01')"],
    [pyDecimal(0n, 2), '0.00', "Decimal('0.00')"],
    [pyDecimal(1n, 6), '0.000001', "Decimal('0.000001')"],
    [pyDecimal(1n, 7), '1E-7', "Decimal('1E-7')"],
    [pyDecimal(0n, 10), '0E-10', "Decimal('0E-10')"],
    [pyDecimal(-125n, 10), '-1.25E-8', "Decimal('-1.25E-8')"],
    [pyDecimal(12n, -3), '1.2E+4', "Decimal('1.2E+4')"],
    [pyDecimal(123n, 0), '123', "Decimal('123')"],
    [
      pyBytes(Uint8Array.of(0, 9, 10, 13, 39, 92, 65, 127, 255)),
      'b"\\x00\\t\\n\\r\'\\\\A\\x7f\\xff"',
      'b"\\x00\\t\\n\\r\'\\\\A\\x7f\\xff"',
    ],
    [pyBytes(Buffer.from(`'"`)), "b'\\'\"'", "b'\\'\"'"],
  ])('%#: %s', (value, str, repr) => {
    expect(value).toMatchObject({ str, repr });
  });

  it('what Python has no object for is refused', () => {
    expect(() => pyDatetime(253_402_300_800_000_000n)).toThrow(/outside years 1 to 9999/);
    expect(() => pyDate(-719_163)).toThrow(/outside years 1 to 9999/);
    expect(() => pyTime(86_400_000_000n)).toThrow(/no time of day/);
  });
});

describe('arrays in text form', () => {
  it('are read as Postgres writes them', () => {
    expect(parseArray('{}')).toEqual([]);
    expect(parseArray('{1,NULL,NaN,-0.5}')).toEqual(['1', null, 'NaN', '-0.5']);
    expect(parseArray('{abc,"a b","NULL"}')).toEqual(['abc', 'a b', 'NULL']);
  });

  it.each(['{{1},{2}}', '{1', '{"1', '{1}x', '{1,2}3'])('%s is refused', (text) => {
    expect(() => parseArray(text)).toThrow(/array/);
  });
});

describe('nested values through a JSON cell', () => {
  const type: ColumnType = {
    kind: 'list',
    item: {
      kind: 'struct',
      fields: [
        { name: '2', type: { kind: 'float' } },
        { name: '1', type: { kind: 'int', bits: 64, signed: true } },
        {
          name: 'm',
          type: { kind: 'map', key: { kind: 'string' }, value: { kind: 'decimal', precision: 20, scale: 10 } },
        },
        { name: 'b', type: { kind: 'bytes' } },
        { name: 't', type: { kind: 'timestamp', nanos: true, utc: true } },
        { name: 'd', type: { kind: 'list', item: { kind: 'date' } } },
      ],
    },
  };

  /** The JSON that is stored for a value. */
  const written = (value: PyValue) => {
    const rows = new BinaryRows(16);
    cellWriter(type)(rows, value);
    return rows.written.toString('utf8', 4);
  };

  it('are stored as JSON and come back as they were', () => {
    const full = new Map<PyValue, PyValue>([
      ['2', 1],
      ['1', 2n ** 62n],
      ['m', [new PyTuple(['k', pyDecimal(1n, 10)]), new PyTuple(['k', null])]],
      ['b', pyBytes(Uint8Array.of(0, 255))],
      ['t', pyTimestampNanos(-1n, 'UTC')],
      ['d', [pyDate(1), null]],
    ]);
    const empty = new Map<PyValue, PyValue>([...full.keys()].map((name) => [name, null]));
    const odd = new Map(empty).set('2', Number.NEGATIVE_INFINITY).set('1', -5n).set('m', []).set('d', []);
    expect(postgresType(type)).toBe('JSON');
    for (const value of [[], [null], [full, null, empty, odd]]) {
      expect(parseCell(type)(written(value))).toEqual(value);
    }
    const back = parseCell(type)(written([full]));
    const first = Array.isArray(back) ? back[0] : back;
    expect(first instanceof Map ? [...first.keys()] : first).toEqual(['2', '1', 'm', 'b', 't', 'd']);
  });

  it.each([
    ['list of lists', { kind: 'list', item: { kind: 'list', item: { kind: 'string' } } }, 'JSON'],
    ['list of dates', { kind: 'list', item: { kind: 'date' } }, 'JSON'],
    ['list of texts', { kind: 'list', item: { kind: 'string' } }, 'TEXT[]'],
    ['list of unsigned', { kind: 'list', item: { kind: 'int', bits: 64, signed: false } }, 'NUMERIC(20,0)[]'],
    ['uint32', { kind: 'int', bits: 32, signed: false }, 'BIGINT'],
    ['int32', { kind: 'int', bits: 32, signed: true }, 'INTEGER'],
    ['float', { kind: 'float' }, 'DOUBLE PRECISION'],
    ['nothing but NULL', { kind: 'null' }, 'TEXT'],
    ['nanoseconds', { kind: 'timestamp', nanos: true, utc: false }, 'TEXT'],
    ['moments', { kind: 'timestamp', nanos: false, utc: true }, 'TIMESTAMPTZ'],
  ] satisfies [string, ColumnType, string][])('%s: stored as %3$s', (_, column, expected) => {
    expect(postgresType(column)).toBe(expected);
  });
});
