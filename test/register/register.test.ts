import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Bucket } from '../../lib/bucket/bucket.ts';
import { createSql } from '../../lib/clients/postgres.ts';
import { Logger } from '../../lib/log/log.ts';
import { registerDataset } from '../../lib/register/register-dataset.ts';
import { openTable } from '../../lib/tables/open.ts';
import { createLocalS3 } from '../../localstack/resources.ts';
import { type DataStack, openDataStack, parquet, texts, tracesOf } from '../datasets/data-stack.ts';

let dataStack: DataStack;
const silent = new Logger('error');

beforeAll(async () => {
  dataStack = await openDataStack();
});
afterAll(async () => {
  await dataStack?.dispose();
});

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

describe('what is refused', () => {
  it('a data set that is not staged, with the place that was searched and the command', async () => {
    const refused = dataStack.register('missing_task', 'no/such', 'cfg');
    await expect(refused).rejects.toMatchObject({ code: 'DatasetMissing', permanent: true });
    await expect(refused).rejects.toThrow(
      /datasets\/no\/such\/cfg\/.*npx sampler stage datasets missing_task, or --from DIR/,
    );
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
    expect(await tracesOf(dataStack.sql, 'swapped')).toEqual([]);
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
