import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toTaskConfig } from '../../lib/catalogue/task-config.ts';
import { createSql } from '../../lib/clients/postgres.ts';
import { openDocs, type TaskDocs } from '../../lib/processed/open.ts';
import type { Doc, PyValue } from '../../lib/python/value.ts';
import { forgetKnown } from '../../lib/tables/known.ts';
import { openTable, openTableFor, openVersion } from '../../lib/tables/open.ts';
import { readDocsByIds, streamSplit } from '../../lib/tables/read.ts';
import { type DataStack, openDataStack, parquet, texts } from '../datasets/data-stack.ts';

let dataStack: DataStack;
beforeAll(async () => {
  dataStack = await openDataStack();
  const rows = (count: number) =>
    texts(
      't',
      Array.from({ length: count }, (_, i) => `${i}`),
    );
  await dataStack.putDataset('reading/default', { train: [rows(1200)], empty: [rows(0)], test: [rows(3)] });
  await dataStack.register('reading_task', 'reading');
});
afterAll(async () => {
  await dataStack?.dispose();
});

const texted = (docs: Doc[]) => docs.map((doc) => [doc.get('__id'), doc.get('t')]);

describe('openTable', () => {
  it('tells table, columns and the splits that have rows', async () => {
    const info = await openTable(dataStack.sql, 'reading_task');
    expect(info).toMatchObject({ table: 'reading', columns: [{ name: 't' }] });
    expect([...info.splits]).toEqual([
      ['train', { min: 0, max: 1199, count: 1200 }],
      ['test', { min: 1200, max: 1202, count: 3 }],
    ]);
  });

  it('is not there yet for a task that is not registered, which may still come', async () => {
    await expect(openTable(dataStack.sql, 'other_task')).rejects.toMatchObject({
      code: 'NotRegistered',
      permanent: false,
    });
  });

  it('is the same before anything was ever registered', async () => {
    await dataStack.sql`CREATE SCHEMA empty`;
    const sql = createSql(dataStack.postgresUri, { connection: { search_path: 'empty' } });
    await expect(openTable(sql, 'reading_task')).rejects.toMatchObject({ code: 'NotRegistered', permanent: false });
    await sql.end();
  });
});

describe('documents', () => {
  it('come by ascending id, each once, with __id first and without __split', async () => {
    const info = await openTable(dataStack.sql, 'reading_task');
    const docs = await readDocsByIds(dataStack.sql, info, [1202, 5, 1200, 5]);
    expect(docs.map((doc) => [...doc])).toEqual([
      [
        ['__id', 5n],
        ['t', '5'],
      ],
      [
        ['__id', 1200n],
        ['t', '0'],
      ],
      [
        ['__id', 1202n],
        ['t', '2'],
      ],
    ]);
    expect(await readDocsByIds(dataStack.sql, info, [])).toEqual([]);
  });

  it.each([[[-1]], [[1203]], [[0.5]], [[Number.NaN]]])(
    'with ids that the table does not hold are refused: %j',
    async (ids) => {
      const info = await openTable(dataStack.sql, 'reading_task');
      await expect(readDocsByIds(dataStack.sql, info, ids)).rejects.toMatchObject({
        code: 'DocIdsOutsideSplit',
        permanent: true,
      });
    },
  );

  it('of a split come as a stream in order, and no connection is held meanwhile', async () => {
    const sql = createSql(dataStack.postgresUri, { max: 1 });
    const info = await openTable(sql, 'reading_task');
    const docs: Doc[] = [];
    for await (const batch of streamSplit(sql, info, 'train')) {
      expect(await sql`SELECT 1`).toHaveLength(1);
      docs.push(...batch);
    }
    await sql.end();
    expect(texted(docs)).toEqual(Array.from({ length: 1200 }, (_, i) => [BigInt(i), `${i}`]));
    for await (const batch of streamSplit(dataStack.sql, info, 'empty')) expect(batch).toEqual([]);
  });

  it('are the same whatever date style and time zone the connection has', async () => {
    const schema = [
      { name: 'root', num_children: 2 },
      {
        name: 'at',
        type: 'INT64' as const,
        repetition_type: 'REQUIRED' as const,
        logical_type: { type: 'TIMESTAMP' as const, isAdjustedToUTC: true, unit: 'MICROS' as const },
      },
      { name: 'day', type: 'INT32' as const, repetition_type: 'REQUIRED' as const, converted_type: 'DATE' as const },
    ];
    await dataStack.putDataset('dates/default', {
      test: [
        parquet(
          [
            { name: 'at', data: [1_700_000_000_000_001n] },
            { name: 'day', data: [new Date('2001-02-03')] },
          ],
          { schema },
        ),
      ],
    });
    await dataStack.register('dates_task', 'dates');
    const sql = createSql(dataStack.postgresUri, {
      connection: { DateStyle: 'German', TimeZone: 'Asia/Kolkata' },
    });
    const info = await openTable(sql, 'dates_task');
    const [doc] = await readDocsByIds(sql, info, [0]);
    await sql.end();
    expect(doc?.get('at')).toMatchObject({ str: '2023-11-14 22:13:20.000001+00:00' });
    expect(doc?.get('day')).toMatchObject({ str: '2001-02-03' });
  });
});

describe('a table that is rebuilt', () => {
  it('is noticed by whoever still reads the old one, and by the next openTable', async () => {
    await dataStack.putDataset('again/default', { test: [texts('t', ['old', 'old'])] });
    await dataStack.register('anew_task', 'again');
    const before = await openTable(dataStack.sql, 'anew_task');
    await dataStack.sql`DROP TABLE again`;
    await expect(readDocsByIds(dataStack.sql, before, [0])).rejects.toMatchObject({
      code: 'NotRegistered',
      permanent: false,
    });
    await dataStack.putDataset('again/default', { test: [texts('t', ['new', 'new', 'new'])] });
    await dataStack.register('anew_task', 'again');
    await expect(readDocsByIds(dataStack.sql, before, [0])).rejects.toMatchObject({
      code: 'NotRegistered',
      permanent: false,
    });
    const after = await openTable(dataStack.sql, 'anew_task');
    expect(after.splits.get('test')?.count).toBe(3);
    expect(texted(await readDocsByIds(dataStack.sql, after, [2]))).toEqual([[2n, 'new']]);
  });
});

describe('what a task is registered with', () => {
  const config = toTaskConfig(
    new Map<string, PyValue>([
      ['task', 'sent_task'],
      ['dataset_path', 'sent'],
      ['output_type', 'generate_until'],
      ['test_split', 'test'],
      ['doc_to_text', '{{t}}'],
      ['doc_to_target', 'x'],
    ]),
  );
  const MINUTE = 60_000;

  it('is looked up once for messages that were sent before that, and again for each that was sent later', async () => {
    await dataStack.putDataset('sent/default', { test: [texts('t', ['a'])] });
    await dataStack.register('sent_task', 'sent');
    const statements: string[] = [];
    const sql = createSql(dataStack.postgresUri, { debug: (_connection, statement) => statements.push(statement) });
    const [early, late] = [Date.now() - MINUTE, Date.now() + MINUTE];
    const openFor = async (sentAt: number | undefined) => {
      const before = statements.length;
      const { splits, table } = await openDocs(sql, 'sent_task', config, { sentAt });
      return [splits.get('test')?.count, table.version, statements.length > before];
    };
    const [count, version] = await openFor(early);
    expect([count, await openFor(early)]).toEqual([1, [1, version, false]]);
    await dataStack.putDataset('sent/default', { test: [texts('t', ['a', 'b'])] });
    await dataStack.register('sent_task', 'sent');
    // Whoever sends after the new version is there gets it, and so does whoever can't tell when.
    expect(await openFor(late)).toEqual([2, expect.not.stringMatching(String(version)), true]);
    expect(await openFor(undefined)).toEqual([2, expect.anything(), true]);
    expect(await openFor(early)).toEqual([2, expect.anything(), false]);
    forgetKnown(sql);
    expect(await openFor(early)).toEqual([2, expect.anything(), true]);
    await sql.end();
  });

  it('is looked up each time where the task is not registered, or another program made its table', async () => {
    const { sql } = dataStack;
    const early = Date.now() - MINUTE;
    await expect(openTableFor(sql, 'coming_task', early)).rejects.toMatchObject({ code: 'NotRegistered' });
    await sql`CREATE TABLE coming (__id INTEGER PRIMARY KEY, __split TEXT NOT NULL, t TEXT)`;
    await sql`INSERT INTO coming VALUES (0, 'test', 'a')`;
    await sql`INSERT INTO task_registry (task_name, dataset_table_name) VALUES ('coming_task', 'coming')`;
    const countNow = async () => (await openTableFor(sql, 'coming_task', early)).splits.get('test')?.count;
    expect(await countNow()).toBe(1);
    await sql`INSERT INTO coming VALUES (1, 'test', 'b')`;
    expect(await countNow()).toBe(2);
  });
});

describe('documents that are read where other work waits', () => {
  const config = toTaskConfig(
    new Map<string, PyValue>([
      ['task', 'small_task'],
      ['dataset_path', 'small'],
      ['output_type', 'generate_until'],
      ['test_split', 'test'],
      ['doc_to_text', '{{t}}'],
      ['doc_to_target', 'x'],
    ]),
  );
  /** Takes little room as Postgres stores it, and much in memory. */
  const LONG = 'x'.repeat(1_100_000);

  it('are given where they are small, and not where one of them is not', async () => {
    await dataStack.putDataset('small/default', { test: [texts('t', ['a', 'b', LONG, 'd'])] });
    await dataStack.register('small_task', 'small');
    const { sql } = dataStack;
    const { version: tableVersion } = await openTable(sql, 'small_task');
    const docs = await openDocs(sql, 'small_task', config, { tableVersion });
    expect(await docs.readSmall([0, 1])).toEqual(await docs.read([0, 1]));
    expect(await docs.readSmall([1, 2, 3])).toBe('long');
    expect((await docs.read([1, 2, 3])).get(2)?.get('t')).toBe(LONG);
  });
});

describe('what is known of a version', () => {
  /** A client of its own, as an instance has, and the statements that it sends. */
  function instance() {
    const statements: string[] = [];
    const sql = createSql(dataStack.postgresUri, { debug: (_connection, statement) => statements.push(statement) });
    return { sql, statements };
  }
  const config = toTaskConfig(
    new Map<string, PyValue>([
      ['task', 'known_task'],
      ['dataset_path', 'known'],
      ['output_type', 'generate_until'],
      ['test_split', 'test'],
      ['doc_to_text', '{{t}}'],
      ['doc_to_target', 'x'],
    ]),
  );

  it('is read once: neither its table nor rows that were read are asked for again', async () => {
    await dataStack.putDataset('known/default', { test: [texts('t', ['a', 'b', 'c'])] });
    await dataStack.register('known_task', 'known');
    const { sql, statements } = instance();
    const { version } = await openTable(sql, 'known_task');
    for (const ids of [[0, 1], [1, 0], [2]])
      await readDocsByIds(sql, await openVersion(sql, 'known_task', version), ids);
    const rowsAsked = statements.flatMap((text) => /ANY\('\{(.*)\}'/.exec(text)?.[1] ?? []);
    const lookUps = statements.filter((text) => text.includes('task_registry'));
    expect([lookUps.length, rowsAsked]).toEqual([2, ['0,1', '2']]);
    await sql.end();
  });

  it('is read again once it is forgotten, as after a shard that failed: a row mended in its place is seen', async () => {
    await dataStack.putDataset('mended/default', { test: [texts('t', ['wrong'])] });
    const { table } = await dataStack.register('mended_task', 'mended');
    const { sql } = instance();
    const { version } = await openTable(sql, 'mended_task');
    const read = async () =>
      (await readDocsByIds(sql, await openVersion(sql, 'mended_task', version), [0]))[0]?.get('t');
    expect(await read()).toBe('wrong');
    await dataStack.sql`UPDATE ${dataStack.sql(table)} SET t = 'right'`;
    expect(await read()).toBe('wrong');
    forgetKnown(sql);
    expect(await read()).toBe('right');
    await sql.end();
  });

  it('goes on to be read where another version took its name, and whoever asks for none gets the new one', async () => {
    await dataStack.putDataset('known/default', { test: [texts('t', ['a', 'b', 'c'])] });
    await dataStack.register('known_task', 'known');
    const { sql } = instance();
    const tableVersion = (await openTable(sql, 'known_task')).version;
    const planned = () => openDocs(sql, 'known_task', config, { tableVersion });
    const textAt = async (docs: TaskDocs, place: number) => (await docs.read([place])).get(place)?.get('t');
    expect(await textAt(await planned(), 0)).toBe('a');
    await dataStack.putDataset('known/default', { test: [texts('t', ['A', 'B', 'C'])] });
    await dataStack.register('known_task', 'known');
    const old = await planned();
    expect([await textAt(old, 0), await textAt(old, 1), await textAt(await planned(), 2)]).toEqual(['a', 'b', 'c']);
    expect(await textAt(await openDocs(sql, 'known_task', config), 0)).toBe('A');
    await sql.end();
  });

  it('is not made other by what a template does to a document', async () => {
    const { sql } = instance();
    const info = await openTable(sql, 'known_task');
    const [first] = await readDocsByIds(sql, info, [0]);
    first?.set('t', 'changed');
    expect(texted(await readDocsByIds(sql, info, [0]))).toEqual([[0n, 'A']]);
    await sql.end();
  });
});

describe('a table that the Python service made', () => {
  beforeAll(async () => {
    await dataStack.sql`CREATE TABLE "old--cfg" ("__id" INTEGER, "__split" TEXT, q TEXT, n INTEGER, f REAL, l TEXT[], j JSON, PRIMARY KEY ("__id", "__split"))`;
    await dataStack.sql.unsafe(
      `INSERT INTO "old--cfg" VALUES (0, 'train', 'a', 1, 0.5, '{x,NULL}', '{"b": 1, "a": 1.0}'), (1, 'test', 'b', null, 2, '{}', '[1]')`,
    );
    await dataStack.sql`INSERT INTO task_registry VALUES ('old_task', 'old--cfg')`;
  });

  it('is read as it is', async () => {
    const info = await openTable(dataStack.sql, 'old_task');
    expect([...info.splits.keys()]).toEqual(['train', 'test']);
    expect((await dataStack.docs('old_task')).map((doc) => [...doc.values()])).toEqual([
      [
        0n,
        'a',
        1n,
        0.5,
        ['x', null],
        new Map<string, unknown>([
          ['b', 1n],
          ['a', 1],
        ]),
      ],
      [1n, 'b', null, 2, [], [1n]],
    ]);
  });

  it('is not loaded again, and further tasks of the same data set join it', async () => {
    expect(await dataStack.register('old_task', 'old', 'cfg')).toMatchObject({ outcome: 'known' });
    expect(await dataStack.register('old_sister', 'old', 'cfg')).toMatchObject({ outcome: 'joined' });
  });

  it('with gaps in its ids is refused', async () => {
    await dataStack.sql`CREATE TABLE gaps ("__id" INTEGER, "__split" TEXT)`;
    await dataStack.sql`INSERT INTO gaps VALUES (0, 'test'), (2, 'test')`;
    await dataStack.sql`INSERT INTO task_registry VALUES ('gaps_task', 'gaps')`;
    await expect(openTable(dataStack.sql, 'gaps_task')).rejects.toMatchObject({
      code: 'DatasetInvalid',
      permanent: true,
    });
  });
});
