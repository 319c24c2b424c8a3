import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openParquet, type ParquetFile } from '../../lib/parquet/parquet.ts';
import type { FileBytes } from '../../lib/parquet/window.ts';
import type { PyValue } from '../../lib/python/value.ts';
import { parquet, texts } from '../datasets/data-stack.ts';
import { expectedRows, NASTY, plain, READABLE, sharedAvailable, withoutTrailingZeros } from '../datasets/shared.ts';
import { page, REPETITION, rawFile, TYPE, varint } from './raw-file.ts';

function inMemory(bytes: Uint8Array): FileBytes & { reads: [number, number][] } {
  const reads: [number, number][] = [];
  return {
    size: bytes.length,
    reads,
    async read(start, end) {
      reads.push([start, end]);
      return Uint8Array.from(bytes.subarray(start, end));
    },
  };
}

async function rowsOf(bytes: Uint8Array): Promise<PyValue[][]> {
  const file = await openParquet(inMemory(bytes), 'test.parquet');
  return await allRows(file);
}

async function allRows(file: ParquetFile): Promise<PyValue[][]> {
  const rows: PyValue[][] = [];
  for await (const batch of file.batches()) rows.push(...batch);
  return rows;
}

function nasty(name: string): Uint8Array {
  return readFileSync(join(NASTY, `${name}.parquet`));
}

describe.skipIf(!sharedAvailable)('the nasty files (skipped where ../shared is missing)', () => {
  it.each(READABLE)('%s holds the rows expected of it', async (name) => {
    const file = await openParquet(inMemory(nasty(name)), name);
    const rows = await allRows(file);
    const actual = rows.map((row) =>
      file.columns.map((column, index) => [column.name, withoutTrailingZeros(plain(column.type, row[index] ?? null))]),
    );
    const expected = expectedRows(name).map((row) =>
      Object.entries(row ?? {}).map(([key, value]) => [key, withoutTrailingZeros(value)]),
    );
    expect(actual).toEqual(expected);
    expect(file.rowCount).toBe(expected.length);
  });

  it.each(['90_truncated_tail', '92_not_parquet', '95_huge_footer_length', '97_corrupt_page'])(
    '%s is refused with the reason',
    async (name) => {
      await expect(rowsOf(nasty(name))).rejects.toMatchObject({ code: 'DatasetInvalid', permanent: true });
    },
  );
});

describe('values', () => {
  it('a byte order mark is a character of the text', async () => {
    expect(await rowsOf(texts('t', ['\ufeffa', '', null]))).toEqual([['\ufeffa'], [''], [null]]);
  });

  it('text that is not UTF-8 is refused', async () => {
    const schema = [
      { name: 'root', num_children: 1 },
      { name: 't', type: 'BYTE_ARRAY' as const, repetition_type: 'OPTIONAL' as const },
    ];
    const bytes = parquet([{ name: 't', data: [Uint8Array.of(0xff, 0x41)] }], { schema });
    expect(await rowsOf(bytes)).toMatchObject([[{ str: "b'\\xffA'" }]]);
    const noted = parquet([{ name: 't', data: [Uint8Array.of(0xff, 0x41)] }], {
      schema: schema.map((element) =>
        element.name === 't' ? { ...element, converted_type: 'UTF8' as const } : element,
      ),
    });
    await expect(rowsOf(noted)).rejects.toMatchObject({ code: 'DatasetInvalid' });
  });

  it('fields of a struct keep their order, also where they look like numbers', async () => {
    const schema = [
      { name: 'root', num_children: 1 },
      { name: 's', repetition_type: 'OPTIONAL' as const, num_children: 3 },
      { name: 'b', type: 'INT32' as const, repetition_type: 'OPTIONAL' as const },
      { name: '10', type: 'DOUBLE' as const, repetition_type: 'OPTIONAL' as const },
      { name: '2', type: 'INT32' as const, repetition_type: 'REQUIRED' as const },
    ];
    const rows = await rowsOf(parquet([{ name: 's', data: [{ b: 1, 10: 1, 2: 3 }, null] }], { schema }));
    expect(rows).toEqual([
      [
        new Map<PyValue, PyValue>([
          ['b', 1n],
          ['10', 1],
          ['2', 3n],
        ]),
      ],
      [null],
    ]);
    const struct = rows[0]?.[0];
    expect(struct instanceof Map ? [...struct.keys()] : struct).toEqual(['b', '10', '2']);
  });

  it('ints are bigint, floats are number, whatever their value', async () => {
    const rows = await rowsOf(
      parquet([
        { name: 'i', data: [1, -1], type: 'INT32' },
        { name: 'f', data: [1, -0], type: 'DOUBLE' },
        { name: 'l', data: [2n ** 63n - 1n, -(2n ** 63n)], type: 'INT64' },
        { name: 'b', data: [true, false], type: 'BOOLEAN' },
      ]),
    );
    expect(rows).toEqual([
      [1n, 1, 9223372036854775807n, true],
      [-1n, -0, -9223372036854775808n, false],
    ]);
  });

  it('JSON columns are text, as pyarrow reads them', async () => {
    expect(await rowsOf(parquet([{ name: 'j', data: [{ a: 1 }], type: 'JSON' }]))).toEqual([['{"a":1}']]);
  });
});

describe('reading in parts', () => {
  it('rows stay in order over batches, pages and row groups', async () => {
    const data = Array.from({ length: 5000 }, (_, i) => `${i}`.padStart(40, 'x'));
    const bytes = parquet([{ name: 't', data, type: 'STRING' }], { rowGroupSize: 1700, pageSize: 1000 });
    expect((await rowsOf(bytes)).map(([text]) => text)).toEqual(data);
  });

  it('a row group larger than the windows is read by windows, never at once', async () => {
    const line = (i: number) =>
      Array.from({ length: 2000 }, (_, n) => ((i * 7919 + n * 104729) % 9973).toString(36)).join('');
    const data = Array.from({ length: 1500 }, (_, i) => line(i));
    const bytes = parquet([{ name: 't', data, type: 'STRING', codec: 'UNCOMPRESSED', encoding: 'PLAIN' }], {
      rowGroupSize: 1500,
    });
    const source = inMemory(bytes);
    const file = await openParquet(source, 'big');
    let rows = 0;
    for await (const batch of file.batches()) {
      for (const [text] of batch) expect(text === data[rows++]).toBe(true);
    }
    expect(rows).toBe(1500);
    const longest = Math.max(...source.reads.map(([start, end]) => end - start));
    expect(bytes.length).toBeGreaterThan(8e6);
    expect(longest).toBeLessThanOrEqual(4 * 1024 ** 2);
  });

  it('a row group of more columns than can be held is read in turns, with the same rows', async () => {
    // Each holds more than two megabytes, and all of them more than what is held at once.
    const text = (row: number, column: number) => (row % 11 === 5 ? null : `${row} ${column} `.repeat(40));
    const count = 5000;
    const data = Array.from({ length: 70 }, (_, column) =>
      Array.from({ length: count }, (_, row) => text(row, column)),
    );
    const file = parquet(
      data.map((values, column) => ({ name: `c${column}`, data: values, type: 'STRING' as const })),
      { rowGroupSize: count, pageSize: 100_000 },
    );
    const opened = await openParquet(inMemory(file), 'wide');
    let row = 0;
    for await (const batch of opened.batches()) {
      for (const values of batch) {
        const expected = data.map((column) => column[row]);
        if (values.some((value, column) => value !== expected[column])) expect(values).toEqual(expected);
        row++;
      }
    }
    expect(row).toBe(count);
  });

  it('a row group that is read in turns, whose last rows are far longer than the others, has the same rows', async () => {
    // The block of rows that its average speaks of is too large at the end, and cut anew.
    const count = 2500;
    const one = (row: number, column: number) => {
      if (row % 7 === 3) return null;
      return `${row} ${column} `.repeat(row < 1900 ? row % 3 : 650);
    };
    const data = Array.from({ length: 40 }, (_, column) => Array.from({ length: count }, (_, row) => one(row, column)));
    const columns = data.map((values, column) => ({ name: `c${column}`, data: values, type: 'STRING' as const }));
    const opened = await openParquet(inMemory(parquet(columns, { rowGroupSize: count, pageSize: 300_000 })), 'wide');
    let row = 0;
    for await (const batch of opened.batches()) {
      for (const values of batch) {
        const expected = data.map((column) => column[row]);
        if (values.some((value, column) => value !== expected[column])) expect(values).toEqual(expected);
        row++;
      }
    }
    expect(row).toBe(count);
  });

  it('small files that are very repetitive are read: a long context in each row, half a million rows of NULL', async () => {
    const context = Array.from({ length: 100_000 }, (_, at) => String(at % 9973))
      .join('')
      .slice(0, 400_000);
    const questions = parquet([{ name: 'context', data: Array.from({ length: 130 }, () => context), type: 'STRING' }]);
    expect(questions.length).toBeLessThan(1_000_000);
    expect(await rowsOf(questions)).toEqual(Array.from({ length: 130 }, () => [context]));
    const levels = Buffer.from([0, 0, 0, 0, ...varint(400_000 * 2), 0]);
    levels.writeUInt32LE(levels.length - 4);
    const column = { name: 'n', type: TYPE.INT32, repetition: REPETITION.OPTIONAL, entries: 400_000 };
    const nulls = rawFile(400_000, [{ ...column, pages: [page(levels, { count: 400_000 })] }]);
    expect(nulls.length).toBeLessThan(10_000);
    expect(await rowsOf(nulls)).toHaveLength(400_000);
  });

  it('lists continue over page borders', async () => {
    const schema = [
      { name: 'root', num_children: 1 },
      { name: 'l', repetition_type: 'OPTIONAL' as const, num_children: 1, converted_type: 'LIST' as const },
      { name: 'list', repetition_type: 'REPEATED' as const, num_children: 1 },
      { name: 'element', type: 'INT32' as const, repetition_type: 'OPTIONAL' as const },
    ];
    const data = Array.from({ length: 300 }, (_, i) =>
      i % 7 === 0 ? null : Array.from({ length: i % 50 }, (_, n) => (n % 9 === 8 ? null : n * i)),
    );
    const rows = await rowsOf(parquet([{ name: 'l', data }], { schema, pageSize: 256, rowGroupSize: 110 }));
    const ints = (list: (number | null)[] | null) => list?.map((n) => (n === null ? null : BigInt(n))) ?? null;
    expect(rows).toEqual(data.map((list) => [ints(list)]));
  });

  it('a file cut off anywhere is refused, and never ends early', async () => {
    const whole = parquet([{ name: 't', data: Array.from({ length: 500 }, (_, i) => `text ${i}`), type: 'STRING' }]);
    for (let length = 0; length < whole.length; length += 97) {
      await expect(rowsOf(whole.subarray(0, length))).rejects.toMatchObject({ code: 'DatasetInvalid' });
    }
  });

  it('a file with a byte changed is refused or read, but never fails in any other way', async () => {
    const whole = parquet([
      { name: 't', data: Array.from({ length: 200 }, (_, i) => `text ${i}`), type: 'STRING' },
      { name: 'n', data: Array.from({ length: 200 }, (_, i) => i), type: 'INT32' },
    ]);
    for (let at = 0; at < whole.length; at += 5) {
      const damaged = Uint8Array.from(whole);
      damaged[at] = (damaged[at] ?? 0) ^ 0x5a;
      const outcome = await rowsOf(damaged).then(
        () => 'read',
        (error) => error.code,
      );
      expect(['read', 'DatasetInvalid']).toContain(outcome);
    }
  });
});
