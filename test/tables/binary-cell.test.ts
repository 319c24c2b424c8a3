import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ColumnType } from '../../lib/parquet/column-type.ts';
import { pyBytes, pyDate, pyDatetime, pyDecimal, pyTime, pyTimestampNanos } from '../../lib/python/opaque.ts';
import type { PyValue } from '../../lib/python/value.ts';
import { cellWriter } from '../../lib/tables/binary-cell.ts';
import { BinaryRows, COPY_HEADER, COPY_TRAILER } from '../../lib/tables/binary-rows.ts';
import { parseCell, postgresType, selectExpression } from '../../lib/tables/cell.ts';
import { copyIn, inTransaction } from '../../lib/tables/transaction.ts';
import { type DataStack, openDataStack } from '../datasets/data-stack.ts';

let dataStack: DataStack;
beforeAll(async () => {
  dataStack = await openDataStack();
});
afterAll(async () => {
  await dataStack?.dispose();
});

/** Values through a binary COPY into a column of that type, and back as documents are read. */
async function stored(type: ColumnType, values: readonly PyValue[]): Promise<PyValue[]> {
  const rows = new BinaryRows(8);
  rows.bytes(COPY_HEADER);
  for (const [index, value] of values.entries()) {
    rows.int16(2);
    rows.int32(4);
    rows.int32(index);
    if (value === null) rows.int32(-1);
    else cellWriter(type)(rows, value);
  }
  rows.bytes(COPY_TRAILER);
  await dataStack.sql.unsafe(`DROP TABLE IF EXISTS cells; CREATE TABLE cells (n INTEGER, v ${postgresType(type)})`);
  await inTransaction(dataStack.sql, (tx) =>
    copyIn(tx, 'COPY cells FROM STDIN WITH (FORMAT binary)', chunks(rows.written)),
  );
  const back = await dataStack.sql.unsafe(`SELECT ${selectExpression(type, 'v')} FROM cells ORDER BY n`).raw();
  const parse = parseCell(type);
  return back.map(([cell]) => (cell === null || cell === undefined ? null : parse(cell.toString())));
}

async function* chunks(bytes: Buffer) {
  yield bytes;
}

const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('NULL', '', '{}', '"', '\\', ',', ' ', '\\N', '😀'),
);
const withoutNul = text.map((value) => value.replaceAll('\0', ''));
const float = fc.double({ noNaN: false });
const micros = fc.bigInt({ min: -62_135_596_800_000_000n, max: 253_402_300_799_999_999n });
const int = (bits: 8 | 16 | 32 | 64, signed = true): ColumnType => ({ kind: 'int', bits, signed });
const list = (item: ColumnType): ColumnType => ({ kind: 'list', item });

describe('what is written in binary form comes back as it was, whatever the value', () => {
  it.each<[string, ColumnType, fc.Arbitrary<PyValue>]>([
    ['texts', { kind: 'string' }, withoutNul],
    ['ints', int(64), fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })],
    ['small ints', int(8), fc.bigInt({ min: -128n, max: 127n })],
    ['unsigned ints of 32 bits', int(32, false), fc.bigInt({ min: 0n, max: 2n ** 32n - 1n })],
    ['unsigned ints of 64 bits', int(64, false), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })],
    ['floats', { kind: 'float' }, float],
    ['booleans', { kind: 'bool' }, fc.boolean()],
    ['bytes', { kind: 'bytes' }, fc.uint8Array().map(pyBytes)],
    ['dates', { kind: 'date' }, fc.integer({ min: -719_162, max: 2_932_896 }).map(pyDate)],
    ['times', { kind: 'time' }, fc.bigInt({ min: 0n, max: 86_399_999_999n }).map(pyTime)],
    ['moments', { kind: 'timestamp', nanos: false, utc: true }, micros.map((value) => pyDatetime(value, 'UTC'))],
    ['clock readings', { kind: 'timestamp', nanos: false, utc: false }, micros.map((value) => pyDatetime(value))],
    [
      'nanoseconds',
      { kind: 'timestamp', nanos: true, utc: false },
      fc.bigInt({ min: -(2n ** 62n), max: 2n ** 62n }).map((value) => pyTimestampNanos(value)),
    ],
    ...[0, 1, 3, 4, 5, 8, 76].map((scale): [string, ColumnType, fc.Arbitrary<PyValue>] => [
      `decimals of ${scale} places`,
      { kind: 'decimal', precision: 76, scale },
      fc
        .tuple(fc.bigInt({ min: -(10n ** 76n) + 1n, max: 10n ** 76n - 1n }), fc.integer({ min: 0, max: 76 }))
        .map(([value, zeros]) => pyDecimal(value / 10n ** BigInt(zeros), scale)),
    ]),
    ['lists of texts', list({ kind: 'string' }), fc.array(fc.option(withoutNul))],
    ['lists of floats', list({ kind: 'float' }), fc.array(fc.option(float))],
    ['lists of ints', list(int(32)), fc.array(fc.option(fc.bigInt({ min: -(2n ** 31n), max: 2n ** 31n - 1n })))],
    ['lists of unsigned ints', list(int(64, false)), fc.array(fc.option(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })))],
    ['lists of booleans', list({ kind: 'bool' }), fc.array(fc.option(fc.boolean()))],
    ['lists of lists', list(list({ kind: 'string' })), fc.array(fc.array(fc.option(text)))],
  ])('%s', async (_, type, value) => {
    const values = fc.sample(fc.option(value), { numRuns: 500, seed: 7 });
    expect(await stored(type, values)).toEqual(values);
  });
});

describe('rows', () => {
  it('grow with what is written, and keep it', () => {
    const rows = new BinaryRows(1);
    rows.text('ä'.repeat(5000));
    rows.int16(-2);
    expect(rows.length).toBe(4 + 10_000 + 2);
    expect(rows.written.readInt32BE(0)).toBe(10_000);
    expect(rows.written.toString('utf8', 4, 10_004)).toBe('ä'.repeat(5000));
    expect(rows.written.readInt16BE(10_004)).toBe(-2);
  });

  it('never hold text with NUL', () => {
    expect(() => cellWriter({ kind: 'string' })(new BinaryRows(8), 'a\0b')).toThrow();
    expect(() => cellWriter(list({ kind: 'string' }))(new BinaryRows(8), ['a', 'a\0b'])).toThrow();
  });
});

it.each([2 ** 31, -(2 ** 31) - 1, 0.5, Number.NaN])(
  'a number of 32 bits is written as it is, or refused: %s',
  (number) => {
    const rows = new BinaryRows(2);
    rows.int32(-(2 ** 31));
    rows.int32(2 ** 31 - 1);
    expect(() => rows.int32(number)).toThrow(RangeError);
    expect(rows.written.toString('hex')).toBe('800000007fffffff');
  },
);
