import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Bucket } from '../../lib/bucket/bucket.ts';
import { createSql } from '../../lib/clients/postgres.ts';
import { Logger } from '../../lib/log/log.ts';
import type { PyValue } from '../../lib/python/value.ts';
import { registerDataset } from '../../lib/register/register-dataset.ts';
import { openTable } from '../../lib/tables/read.ts';
import { ensureRegistry } from '../../lib/tables/registry.ts';
import { requireDataset } from '../../lib/tables/table.ts';
import { createLocalS3 } from '../../localstack/resources.ts';
import { type DataStack, openDataStack, overflowing, parquet, texts } from '../datasets/data-stack.ts';

let dataStack: DataStack;
const silent = new Logger('error');

beforeAll(async () => {
  dataStack = await openDataStack();
});
afterAll(async () => {
  await dataStack?.dispose();
});

/** What Postgres holds of a data set: its registry rows and tables by that name. */
async function traces(name: string): Promise<unknown[]> {
  const tables = await dataStack.sql`SELECT relname FROM pg_class WHERE relkind = 'r' AND relname LIKE ${`${name}%`}`;
  const tasks = await dataStack.sql`SELECT task_name FROM task_registry WHERE dataset_table_name LIKE ${`${name}%`}`;
  return [...tables, ...tasks];
}

describe('the table', () => {
  it('has __id from 0 over all splits in manifest order, __split, the columns, and both as primary key', async () => {
    await dataStack.putDataset('order/default', {
      zeta: [texts('t', ['a', 'b'])],
      train: [texts('t', ['c']), texts('t', ['d'])],
    });
    const result = await dataStack.register('order_task', 'order');
    expect(result).toMatchObject({ table: 'order', outcome: 'loaded' });
    const rows = await dataStack.sql`SELECT * FROM "order" ORDER BY "__id"`;
    expect(rows.map((row) => Object.values(row))).toEqual([
      [0, 'zeta', 'a'],
      [1, 'zeta', 'b'],
      [2, 'train', 'c'],
      [3, 'train', 'd'],
    ]);
    const [key] = await dataStack.sql`
      SELECT array_agg(attname::text ORDER BY array_position(indkey::int2[], attnum)) AS columns FROM pg_index i
      JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY(indkey)
      WHERE indisprimary AND indrelid = '"order"'::regclass`;
    expect(key?.['columns']).toEqual(['__id', '__split']);
  });

  it('without a manifest splits come as train, validation, test, then others by name', async () => {
    const splits = { dev: [texts('t', ['d'])], test: [texts('t', ['t'])], aux: [texts('t', ['a'])] };
    await dataStack.putDataset(
      'usual/cfg',
      { ...splits, validation: [texts('t', ['v'])], train: [texts('t', ['r'])] },
      { manifest: false },
    );
    await dataStack.register('usual_task', 'usual', 'cfg');
    const info = await openTable(dataStack.sql, 'usual_task');
    expect(info.table).toBe('usual--cfg');
    expect([...info.splits.keys()]).toEqual(['train', 'validation', 'test', 'aux', 'dev']);
  });

  it('names over 63 bytes are shortened, each to another one', async () => {
    const long = `owner/${'ä'.repeat(40)}`;
    await dataStack.putDataset(`${long}/one`, { test: [texts('t', ['1'])] });
    await dataStack.putDataset(`${long}/two`, { test: [texts('t', ['2'])] });
    const one = await dataStack.register('long_one', long, 'one');
    const two = await dataStack.register('long_two', long, 'two');
    expect(one.table).not.toBe(two.table);
    expect(Buffer.byteLength(one.table)).toBeLessThanOrEqual(63);
    expect((await dataStack.docs('long_one'))[0]?.get('t')).toBe('1');
    expect((await dataStack.docs('long_two'))[0]?.get('t')).toBe('2');
  });

  it('two data sets whose names make the same table name are distinguished', async () => {
    await dataStack.putDataset('same--b/default', { test: [texts('t', ['1'])] });
    await dataStack.putDataset('same/b', { test: [texts('t', ['2'])] });
    await dataStack.register('same_1', 'same--b');
    await expect(dataStack.register('same_2', 'same', 'b')).rejects.toMatchObject({
      code: 'DatasetInvalid',
      permanent: true,
    });
  });
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
    expect(await traces('nul')).toEqual([]);
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

describe('leaderboard_math (TABLE-7)', () => {
  const problems = () =>
    parquet([
      { name: 'p', data: ['a', 'b', 'c', 'd'], type: 'STRING' },
      { name: 'level', data: ['Level 5', 'Level 4', 'level 5', 'Level 5'], type: 'STRING' },
    ]);

  it('its test split holds Level 5 only, counted after the others were left out', async () => {
    await dataStack.putDataset('math/algebra', { train: [problems()], test: [problems()], extra: [problems()] });
    await dataStack.register('leaderboard_math_algebra_hard', 'math', 'algebra');
    const info = await openTable(dataStack.sql, 'leaderboard_math_algebra_hard');
    expect([...info.splits]).toEqual([
      ['train', { min: 0, max: 3, count: 4 }],
      ['test', { min: 4, max: 5, count: 2 }],
      ['extra', { min: 6, max: 9, count: 4 }],
    ]);
    expect((await dataStack.docs('leaderboard_math_algebra_hard')).slice(4, 6).map((doc) => doc.get('p'))).toEqual([
      'a',
      'd',
    ]);
  });

  it('another task on the same data set is refused, either way round', async () => {
    await dataStack.putDataset('math2/algebra', { test: [problems()] });
    await dataStack.register('leaderboard_math_x', 'math2', 'algebra');
    await expect(dataStack.register('other_math', 'math2', 'algebra')).rejects.toThrow(
      /only the rows that the tasks leaderboard_math_\* want/,
    );
    await dataStack.putDataset('math3/algebra', { test: [problems()] });
    await dataStack.register('other_math3', 'math3', 'algebra');
    await expect(dataStack.register('leaderboard_math_y', 'math3', 'algebra')).rejects.toThrow(/holds all rows/);
    await dataStack.register('leaderboard_math_z', 'math2', 'algebra');
  });
});

describe('exactly once', () => {
  it('tasks that share a data set share its table', async () => {
    await dataStack.putDataset('shared/default', { test: [texts('t', ['1'])] });
    expect(await dataStack.register('shared_a', 'shared')).toMatchObject({ outcome: 'loaded' });
    expect(await dataStack.register('shared_b', 'shared')).toMatchObject({ outcome: 'joined' });
    expect(await dataStack.register('shared_b', 'shared')).toMatchObject({ outcome: 'known' });
  });

  it('a task of a name that is registered with another data set is refused, and told which', async () => {
    await dataStack.putDataset('first/home', { test: [texts('t', ['1'])] });
    await dataStack.putDataset('second/home', { test: [texts('t', ['2'])] });
    await dataStack.register('two_homes', 'first', 'home');
    await expect(dataStack.register('two_homes', 'second', 'home')).rejects.toMatchObject({
      code: 'DatasetInvalid',
      permanent: true,
      message: expect.stringMatching(
        /two_homes reads .* second, configuration home, .*"first--home".* holds first, configuration home/,
      ),
    });
    const { table, dataset } = await openTable(dataStack.sql, 'two_homes');
    expect(dataset).toEqual({ path: 'first', name: 'home' });
    expect(() => requireDataset('two_homes', { path: 'second', name: 'home' }, table, dataset)).toThrow(/two_homes/);
    expect(() => requireDataset('two_homes', { path: 'first', name: 'home' }, table, dataset)).not.toThrow();
    expect(() => requireDataset('two_homes', { path: 'second', name: null }, table, undefined)).not.toThrow();
  });

  it('many registers at once make one table with each row once', async () => {
    await dataStack.putDataset('race/default', {
      test: [
        texts(
          't',
          Array.from({ length: 3000 }, (_, i) => `row ${i}`),
        ),
      ],
    });
    const pools = Array.from({ length: 6 }, () => createSql(dataStack.postgresUri));
    const outcomes = await Promise.all(
      pools.map((sql, i) =>
        registerDataset({
          sql,
          source: dataStack.source,
          datasetPath: 'race',
          datasetName: null,
          taskName: `race_${i % 3}`,
          log: silent,
        }),
      ),
    );
    await Promise.all(pools.map((sql) => sql.end()));
    expect(outcomes.filter(({ outcome }) => outcome === 'loaded')).toHaveLength(1);
    const [count] = await dataStack.sql`SELECT count(*)::int AS n, count(DISTINCT "__id")::int AS ids FROM race`;
    expect(count).toEqual({ n: 3000, ids: 3000 });
    expect(await traces('race')).toHaveLength(4);
  });

  it('a connection lost while rows are copied leaves nothing, is transient, and the next try succeeds', async () => {
    const data = Array.from({ length: 200_000 }, (_, i) => `row ${i} ${'x'.repeat(200)}`);
    await dataStack.putDataset('lost/default', {
      train: [texts('t', data.slice(0, 100_000))],
      test: [texts('t', data.slice(100_000))],
    });
    const victim = createSql(dataStack.postgresUri, { connection: { application_name: 'victim' } });
    const request = {
      sql: victim,
      source: dataStack.source,
      datasetPath: 'lost',
      datasetName: null,
      taskName: 'lost_task',
      log: silent,
    };
    const outcome = registerDataset(request).then(
      () => undefined,
      (error: unknown) => error,
    );
    for (;;) {
      const killed = await dataStack.sql`
        SELECT pg_terminate_backend(pid) AS done FROM pg_stat_activity WHERE application_name = 'victim' AND query LIKE 'COPY %'`;
      if (killed.length > 0) break;
    }
    expect(await outcome).toMatchObject({ code: 'Unavailable', permanent: false });
    expect(await traces('lost')).toEqual([]);
    expect(await registerDataset(request)).toMatchObject({ outcome: 'loaded' });
    await victim.end();
    const [count] = await dataStack.sql`SELECT count(*)::int AS n FROM lost`;
    expect(count?.['n']).toBe(200_000);
  });

  it('a row that Postgres refuses ends the register, also when it is the last', async () => {
    await dataStack.putDataset('digits/default', { test: [overflowing()] });
    await expect(dataStack.register('digits_task', 'digits')).rejects.toThrow(
      /Postgres refuses it: numeric field overflow/,
    );
    expect(await traces('digits')).toEqual([]);
    await dataStack.putDataset('after/default', { test: [texts('t', ['1'])] });
    expect(await dataStack.register('after_task', 'after')).toMatchObject({ outcome: 'loaded' });
  });

  it('the registry itself is made once, by any number at once', async () => {
    await dataStack.sql`CREATE SCHEMA beginning`;
    const pools = Array.from({ length: 8 }, () =>
      createSql(dataStack.postgresUri, { max: 1, connection: { search_path: 'beginning' } }),
    );
    await Promise.all(pools.map((sql) => ensureRegistry(sql)));
    await Promise.all(pools.map((sql) => sql.end()));
    const [made] = await dataStack.sql`SELECT count(*)::int AS n FROM beginning.task_registry`;
    expect(made?.['n']).toBe(0);
  });

  it('a table that was dropped is made again', async () => {
    await dataStack.putDataset('dropped/default', { test: [texts('t', ['1'])] });
    await dataStack.register('dropped_task', 'dropped');
    await dataStack.sql`DROP TABLE dropped`;
    expect(await dataStack.register('dropped_task', 'dropped')).toMatchObject({ outcome: 'loaded' });
  });
});

describe('what is refused', () => {
  it('a data set that is not staged, with the place that was searched and the command', async () => {
    const refused = dataStack.register('missing_task', 'no/such', 'cfg');
    await expect(refused).rejects.toMatchObject({ code: 'DatasetMissing', permanent: true });
    await expect(refused).rejects.toThrow(/datasets\/no\/such\/cfg\/.*npx sampler stage datasets TASK, or --from DIR/);
  });

  it.each(['../up', 'a/../../b', '', '/abs', 'a//b', 'a\\b', 'a/.'])(
    'the path %j, which is no place in the bucket',
    async (path) => {
      await expect(dataStack.register('bad_task', path)).rejects.toMatchObject({ code: 'BadTaskDefinition' });
      await expect(dataStack.register('bad_task', 'fine', path)).rejects.toMatchObject({ code: 'BadTaskDefinition' });
    },
  );

  it('a file that is not the one of the manifest: other bytes, other size, or gone', async () => {
    const good = texts('t', ['one', 'two']);
    const other = texts('t', ['one', 'owt']);
    expect(other.length).toBe(good.length);
    await dataStack.putDataset('swapped/default', { test: [good] });
    await dataStack.put('swapped/default/test/0000.parquet', other);
    await expect(dataStack.register('swapped_task', 'swapped')).rejects.toThrow(/SHA-256/);
    await dataStack.put('swapped/default/test/0000.parquet', texts('t', ['longer text than before']));
    await expect(dataStack.register('swapped_task', 'swapped')).rejects.toThrow(/bytes long instead of/);
    await dataStack.putDataset('gone/default', { test: [good] });
    await dataStack.put(
      'gone/default/_manifest.json',
      JSON.stringify({
        dataset_path: 'gone',
        config: 'default',
        revision: 'r',
        splits: [{ split: 'test', files: [{ name: '0001.parquet', size: 5, sha256: 'a'.repeat(64) }] }],
      }),
    );
    await expect(dataStack.register('gone_task', 'gone')).rejects.toMatchObject({ code: 'DatasetMissing' });
    expect(await traces('swapped')).toEqual([]);
  });

  it.each([
    '{',
    '[]',
    '{"splits":[]}',
    '{"dataset_path":"a","config":"b","revision":"c","splits":[{"split":"..","files":[]}]}',
  ])('the manifest %s', async (text) => {
    await dataStack.put('manifest/default/_manifest.json', text);
    await expect(dataStack.register('manifest_task', 'manifest')).rejects.toMatchObject({
      code: 'DatasetInvalid',
      permanent: true,
    });
  });

  it('files whose columns differ, with file and column', async () => {
    await dataStack.putDataset('differ/default', {
      train: [parquet([{ name: 't', data: [1], type: 'INT32' }])],
      test: [texts('t', ['a'])],
    });
    await expect(dataStack.register('differ_task', 'differ')).rejects.toThrow(
      /column "t", row 0 of test\/0000\.parquet/,
    );
  });

  it('what may pass is transient: S3 or Postgres down', async () => {
    const request = { datasetPath: 'away', datasetName: null, taskName: 'away_task', log: silent };
    const s3 = createLocalS3('http://127.0.0.1:1');
    const away = new Bucket(s3, 'bucket');
    await expect(registerDataset({ ...request, sql: dataStack.sql, source: away })).rejects.toMatchObject({
      code: 'Unavailable',
      permanent: false,
    });
    s3.destroy();
    const sql = createSql('postgresql://u:p@127.0.0.1:1/none');
    await expect(registerDataset({ ...request, sql, source: dataStack.source })).rejects.toMatchObject({
      code: 'Unavailable',
      permanent: false,
    });
    await expect(openTable(sql, 'away_task')).rejects.toMatchObject({ code: 'Unavailable', permanent: false });
    await sql.end();
  });
});

describe('columns that files agree on', () => {
  it("a column without values in one file has the type of the others, and its order is the first file's", async () => {
    const empty = parquet([
      { name: 'a', data: [1], type: 'INT32' },
      { name: 'b', data: [null], type: 'STRING' },
    ]);
    const other = parquet([
      { name: 'b', data: ['x'], type: 'STRING' },
      { name: 'a', data: [5n], type: 'INT64' },
    ]);
    await dataStack.putDataset('agree/default', { train: [empty], test: [other] });
    await dataStack.register('agree_task', 'agree');
    expect((await dataStack.docs('agree_task')).map((doc) => [...doc])).toEqual([
      [
        ['__id', 0n],
        ['a', 1n],
        ['b', null],
      ],
      [
        ['__id', 1n],
        ['a', 5n],
        ['b', 'x'],
      ],
    ]);
  });
});
