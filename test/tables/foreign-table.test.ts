import type { Sql } from 'postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSql, WITHOUT_ARRAYS } from '../../lib/clients/postgres.ts';
import { repr } from '../../lib/python/repr.ts';
import { type DataStack, openDataStack, parquet } from '../datasets/data-stack.ts';

describe('a table that the Python service made', () => {
  let dataStack: DataStack;
  /** As `sample` and `shard` have them. */
  let withoutArrays: Sql;
  beforeAll(async () => {
    dataStack = await openDataStack();
    withoutArrays = createSql(dataStack.postgresUri, WITHOUT_ARRAYS);
    await dataStack.sql`CREATE TABLE task_registry (task_name TEXT PRIMARY KEY, dataset_table_name TEXT)`;
  });
  afterAll(async () => {
    await withoutArrays?.end();
    await dataStack?.dispose();
  });

  const made = async (name: string, column: string, value: string) => {
    await dataStack.sql.unsafe(`CREATE TABLE "${name}" ("__id" INTEGER, "__split" TEXT, c ${column})`);
    await dataStack.sql.unsafe(`INSERT INTO "${name}" VALUES (0, 'test', ${value}), (1, 'test', NULL)`);
    await dataStack.sql`INSERT INTO task_registry VALUES (${name}, ${name})`;
    const read = await dataStack.docs(name);
    expect(await dataStack.docs(name, withoutArrays)).toEqual(read);
    return read.map((doc) => repr(doc.get('c') ?? null));
  };

  it.each([
    ['words', 'TEXT[]', `'{"a, b",NULL,""}'`, "['a, b', None, '']"],
    ['numbers', 'BIGINT[]', `'{9007199254740993,-1}'`, '[9007199254740993, -1]'],
    ['dates', 'DATE[]', `'{2020-01-31,NULL}'`, '[datetime.date(2020, 1, 31), None]'],
    ['moments', 'TIMESTAMP[]', `'{"2020-01-31 12:00:00.5"}'`, '[datetime.datetime(2020, 1, 31, 12, 0, 0, 500000)]'],
    ['times', 'TIME[]', `'{12:00:00}'`, '[datetime.time(12, 0)]'],
    ['dicts', 'JSON[]', `ARRAY['{"a": 1.0, "b": [null]}']::json[]`, "[{'a': 1.0, 'b': [None]}]"],
    ['lists of lists', 'TEXT', `'_._:_NESTED//[["a", 1], [None, (2.0,)]]'`, "[['a', 1], [None, (2.0,)]]"],
    ['texts', 'TEXT', `'a _._:_NESTED//[1]'`, "'a _._:_NESTED//[1]'"],
  ])('with %s in %s is read as what it means', async (name, column, value, expected) => {
    expect(await made(`old ${name}`, column, value)).toEqual([expected, 'None']);
  });

  it('is refused for good, saying why, where its values depend on the connection or can not be understood', async () => {
    await expect(made('old zones', 'TIMESTAMPTZ[]', `'{}'`)).rejects.toMatchObject({ code: 'DatasetInvalid' });
    await expect(made('old bytes', 'BYTEA[]', `'{}'`)).rejects.toMatchObject({ code: 'DatasetInvalid' });
    await expect(made('old nested', 'TEXT', `'_._:_NESTED//[1, '`)).rejects.toMatchObject({ code: 'DatasetInvalid' });
  });

  it('a registered data set tells which of its columns can not be asked about, and that its own __id is not shown', async () => {
    const schema = [
      { name: 'root', num_children: 2 },
      { name: '__id', type: 'INT32' as const, repetition_type: 'OPTIONAL' as const },
      {
        name: 'price',
        type: 'INT32' as const,
        converted_type: 'DECIMAL' as const,
        scale: 1,
        precision: 5,
        repetition_type: 'OPTIONAL' as const,
      },
    ];
    const columns = [
      { name: '__id', data: [7] },
      { name: 'price', data: [1.5] },
    ];
    await dataStack.putDataset('told/default', { test: [parquet(columns, { schema })] });
    await dataStack.register('told', 'told');
    expect(dataStack.logged.filter((line) => line.includes('__id is the number of the row'))).toHaveLength(1);
    expect(dataStack.logged.filter((line) => line.includes('price: decimal(5, 1)'))).toHaveLength(1);
  });
});
