import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PyValue } from '../../lib/python/value.ts';
import { type DataStack, openDataStack, parquet, texts, tracesOf } from '../datasets/data-stack.ts';

let dataStack: DataStack;

beforeAll(async () => {
  dataStack = await openDataStack();
});
afterAll(async () => {
  await dataStack?.dispose();
});

describe('TABLE-5: what Postgres can and cannot hold', () => {
  it('columns of any name come back by their own name', async () => {
    const long = 'd'.repeat(66);
    const names = [
      '__id',
      '__split',
      'xmin',
      'a"b',
      "a'b",
      'x',
      'X',
      '',
      `${long}1`,
      `${long}2`,
      'select',
      'ü中😀',
      ' x ',
      'a\\b',
      '%s $1',
    ];
    await dataStack.putDataset('columns/default', {
      test: [parquet(names.map((name, i) => ({ name, data: [i], type: 'INT32' })))],
    });
    await dataStack.register('columns_task', 'columns');
    const [doc] = await dataStack.docs('columns_task');
    expect([...(doc ?? [])]).toEqual([['__id', 0n], ...names.map((name, i) => [name, BigInt(i)]).slice(1)]);
  });

  it('NUL in a text is refused, naming split, row and column, and leaves nothing', async () => {
    await dataStack.putDataset('nul/default', { train: [texts('t', ['a'])], test: [texts('t', ['fine', 'a\0b'])] });
    const refused = dataStack.register('nul_task', 'nul');
    await expect(refused).rejects.toMatchObject({
      code: 'DatasetInvalid',
      context: { split: 'test', column: 't', row: 1, file: 'test/0000.parquet' },
    });
    expect(await tracesOf(dataStack.sql, 'nul')).toEqual([]);
  });

  it('64 bit ints and doubles keep all their digits, and the first row decides nothing', async () => {
    const columns = [
      { name: 'i', data: [null, 2n ** 63n - 1n], type: 'INT64' as const },
      { name: 'f', data: [null, 0.1], type: 'DOUBLE' as const },
      { name: 'e', data: [-0, 5e-324], type: 'DOUBLE' as const },
      { name: 'n', data: [Number.NaN, Number.NEGATIVE_INFINITY], type: 'DOUBLE' as const },
    ];
    await dataStack.putDataset('wide/default', { test: [parquet(columns)] });
    await dataStack.register('wide_task', 'wide');
    expect((await dataStack.docs('wide_task')).map((doc) => [...doc.values()])).toEqual([
      [0n, null, null, -0, Number.NaN],
      [1n, 2n ** 63n - 1n, 0.1, 5e-324, Number.NEGATIVE_INFINITY],
    ]);
    const types =
      await dataStack.sql`SELECT format_type(atttypid, null) AS type FROM pg_attribute WHERE attrelid = 'wide'::regclass AND attnum > 2`;
    expect(types.map((row) => row['type'])).toEqual([
      'bigint',
      'double precision',
      'double precision',
      'double precision',
    ]);
  });

  it('texts come back as they were, whatever they hold', async () => {
    const data = [
      '\\N',
      '\\.',
      'a\tb\nc\r\n',
      '\\',
      '',
      ' ',
      '\ufeffx',
      '\u2028',
      '{"a":1}',
      'NULL',
      '😀\u0001',
      "'; DROP TABLE x; --",
    ];
    await dataStack.putDataset('texts/default', { test: [texts('t', data)] });
    await dataStack.register('texts_task', 'texts');
    expect((await dataStack.docs('texts_task')).map((doc) => doc.get('t'))).toEqual(data);
  });

  it('a NULL list, an empty list and a list of NULLs are three things', async () => {
    const schema = [
      { name: 'root', num_children: 1 },
      { name: 'l', repetition_type: 'OPTIONAL' as const, num_children: 1, converted_type: 'LIST' as const },
      { name: 'list', repetition_type: 'REPEATED' as const, num_children: 1 },
      {
        name: 'element',
        type: 'BYTE_ARRAY' as const,
        converted_type: 'UTF8' as const,
        repetition_type: 'OPTIONAL' as const,
      },
    ];
    const data = [[], null, [null], ['NULL', '', 'a,"b"', 'c\\d', '{}', ' e ', null, 'f\n\t']];
    await dataStack.putDataset('lists/default', { test: [parquet([{ name: 'l', data }], { schema })] });
    await dataStack.register('lists_task', 'lists');
    expect((await dataStack.docs('lists_task')).map((doc) => doc.get('l'))).toEqual(data);
    const [column] =
      await dataStack.sql`SELECT format_type(atttypid, null) AS type FROM pg_attribute WHERE attrelid = 'lists'::regclass AND attname = 'l'`;
    expect(column?.['type']).toBe('text[]');
  });

  it('structs keep the order of their fields, and 1 and 1.0 apart', async () => {
    const schema = [
      { name: 'root', num_children: 1 },
      { name: 's', repetition_type: 'OPTIONAL' as const, num_children: 3 },
      { name: 'z', type: 'DOUBLE' as const, repetition_type: 'OPTIONAL' as const },
      { name: '1', type: 'INT64' as const, repetition_type: 'OPTIONAL' as const },
      { name: 'a', type: 'BYTE_ARRAY' as const, converted_type: 'UTF8' as const, repetition_type: 'OPTIONAL' as const },
    ];
    const data = [{ z: 1, 1: 1n, a: 'nul \0 😀' }, { z: Number.NaN, 1: 2n ** 60n + 1n, a: null }, null];
    await dataStack.putDataset('structs/default', { test: [parquet([{ name: 's', data }], { schema })] });
    await dataStack.register('structs_task', 'structs');
    const dict = (z: number, one: bigint, a: string | null) =>
      new Map<PyValue, PyValue>([
        ['z', z],
        ['1', one],
        ['a', a],
      ]);
    const docs = await dataStack.docs('structs_task');
    expect(docs.map((doc) => doc.get('s'))).toEqual([
      dict(1, 1n, 'nul \0 😀'),
      dict(Number.NaN, 2n ** 60n + 1n, null),
      null,
    ]);
    const [row] = await dataStack.sql`SELECT s::text AS s FROM structs WHERE "__id" = 0`;
    expect(row?.['s']).toMatch(/^\{"z": 1\.0, "1": 1, /);
  });
});
