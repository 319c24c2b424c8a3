import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ObjectSource } from '../../lib/bucket/object-source.ts';
import { createSql } from '../../lib/clients/postgres.ts';
import { Logger } from '../../lib/log/log.ts';
import { loadDatasetPart } from '../../lib/register/load-part.ts';
import { reapTables } from '../../lib/register/reap.ts';
import { registerDataset } from '../../lib/register/register-dataset.ts';
import { PartSender } from '../../lib/register/send-parts.ts';
import { openTable } from '../../lib/tables/open.ts';
import { type DataStack, openDataStack, parquet } from '../datasets/data-stack.ts';

const GROUP_ROWS = 50;
/** Tiny parts: two row groups each. */
const LIMITS = { rows: 100, bytes: 1e9 };
const silent = new Logger('error');

let dataStack: DataStack;
beforeAll(async () => {
  dataStack = await openDataStack();
});
afterAll(async () => {
  await dataStack?.dispose();
});

/** A file of `count` rows in row groups of {@link GROUP_ROWS}. */
function rows(first: number, count: number): Uint8Array {
  const data = Array.from({ length: count }, (_, i) => `row ${first + i}`);
  return parquet([{ name: 't', data, type: 'STRING' }], { rowGroupSize: GROUP_ROWS });
}

/** 640 rows in three files of two splits; 8 parts. */
function sixHundredForty(path: string): Promise<void> {
  return dataStack.putDataset(path, { train: [rows(0, 230), rows(230, 180)], test: [rows(410, 230)] });
}

/** A load, and which of its parts were sent out. */
interface Sent {
  readonly load: string;
  readonly parts: readonly number[];
}

/** Registers a task as one message, and tells what was sent. */
async function begin(path: string, taskName: string, source: ObjectSource = dataStack.source, limits = LIMITS) {
  const sent: Record<string, unknown>[] = [];
  const queue = {
    send: async (bodies: readonly string[]) => {
      for (const body of bodies) sent.push(Object(JSON.parse(body)));
    },
  };
  const request = { sql: dataStack.sql, source, datasetPath: path, datasetName: null, taskName, log: silent };
  const { outcome } = await registerDataset({ ...request, inParts: { limits, sender: new PartSender(queue) } });
  const loads = new Set(sent.map(({ load }) => String(load)));
  expect(loads.size).toBeLessThanOrEqual(1);
  return { outcome, load: [...loads].join(), parts: sent.map(({ part }) => Number(part)) };
}

async function beginPending(
  path: string,
  taskName: string,
  source?: ObjectSource,
  limits?: typeof LIMITS,
): Promise<Sent> {
  const { outcome, ...sent } = await begin(path, taskName, source, limits);
  expect(outcome).toBe('loading');
  return sent;
}

function load(
  { load }: Pick<Sent, 'load'>,
  part: number,
  sql = dataStack.sql,
  source: ObjectSource = dataStack.source,
) {
  return loadDatasetPart({ sql, source, log: silent }, { load, part });
}

/** Relations whose name begins like the data set's, and rows of the registry that name one. */
async function traces(path: string): Promise<string[]> {
  const tables =
    await dataStack.sql`SELECT relname::text FROM pg_class WHERE relkind = 'r' AND relname LIKE ${`${path}%`}`;
  const tasks = await dataStack.sql`SELECT task_name FROM task_registry WHERE dataset_table_name = ${path}`;
  return [...tables, ...tasks].map((row) => String(row['relname'] ?? row['task_name'])).sort();
}

async function expectWhole(path: string, task: string): Promise<void> {
  const docs = await dataStack.docs(task);
  expect(docs.map((doc) => [doc.get('__id'), doc.get('t')])).toEqual(
    Array.from({ length: 640 }, (_, i) => [BigInt(i), `row ${i}`]),
  );
  const info = await openTable(dataStack.sql, task);
  expect([...info.splits]).toEqual([
    ['train', { min: 0, max: 409, count: 410 }],
    ['test', { min: 410, max: 639, count: 230 }],
  ]);
  const left = await dataStack.sql`SELECT load_id FROM sampler_loads WHERE table_name = ${path}`;
  expect(left).toHaveLength(0);
}

describe('a data set that is too large for one message', () => {
  it('is cut at row groups, and nobody sees anything of it before the last part', async () => {
    await sixHundredForty('whole/default');
    const pending = await beginPending('whole', 'whole_task');
    expect(pending.parts).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    for (const part of pending.parts.slice(0, -1)) {
      expect(await load(pending, part)).toBe('done');
      await expect(openTable(dataStack.sql, 'whole_task')).rejects.toMatchObject({ code: 'NotRegistered' });
    }
    expect(await load(pending, 7)).toBe('finished');
    await expectWhole('whole', 'whole_task');
    expect(await begin('whole', 'whole_task')).toMatchObject({ outcome: 'known' });
  });

  it('comes out the same when parts are delivered in any order, twice, and at the same time', async () => {
    await sixHundredForty('shuffled/default');
    const pending = await beginPending('shuffled', 'shuffled_task');
    const deliveries = [5, 2, 7, 2, 0, 5, 1, 3, 6, 4, 0, 7, 1, 6, 3, 4];
    const pools = Array.from({ length: 4 }, () => createSql(dataStack.postgresUri));
    const waiting = deliveries.values();
    const outcomes: string[] = [];
    await Promise.all(
      pools.map(async (sql) => {
        for (const part of waiting) outcomes.push(await load(pending, part, sql));
      }),
    );
    await Promise.all(pools.map((sql) => sql.end()));
    expect(outcomes.filter((outcome) => outcome === 'finished')).toHaveLength(1);
    await expectWhole('shuffled', 'shuffled_task');
    expect(await load(pending, 3)).toBe('published');
    expect(await traces('shuffled')).toEqual(['shuffled', 'shuffled_task']);
  });

  it('survives parts whose connection dies while rows are copied', async () => {
    const many = Array.from({ length: 60_000 }, (_, i) => `row ${i} ${'x'.repeat(100)}`);
    const file = parquet([{ name: 't', data: many, type: 'STRING' }], { rowGroupSize: 30_000 });
    await dataStack.putDataset('killed/default', { test: [file] });
    const pending = await beginPending('killed', 'killed_task');
    const victim = createSql(dataStack.postgresUri, { connection: { application_name: 'part-victim' } });
    for (const part of [0, 1]) {
      let over = false;
      const outcome = load(pending, part, victim).then(
        () => undefined,
        (error: unknown) => error,
      );
      outcome.finally(() => {
        over = true;
      });
      while (!over) {
        await dataStack.sql`
          SELECT pg_terminate_backend(pid) FROM pg_stat_activity
          WHERE application_name = 'part-victim' AND query LIKE 'COPY %'`;
      }
      expect(await outcome).toMatchObject({ code: 'Unavailable', permanent: false });
    }
    expect(await beginPending('killed', 'killed_task')).toEqual({ load: pending.load, parts: [0, 1] });
    expect(await load(pending, 1, victim)).toBe('done');
    expect(await load(pending, 0, victim)).toBe('finished');
    await victim.end();
    const [count] = await dataStack.sql`SELECT count(*)::int AS n, count(DISTINCT "__id")::int AS ids FROM killed`;
    expect(count).toEqual({ n: 60_000, ids: 60_000 });
  });

  it('is loaded once for all tasks that ask for it meanwhile, in any number of messages', async () => {
    await sixHundredForty('many/default');
    const all = await Promise.all(['many_a', 'many_b', 'many_c'].map((task) => beginPending('many', task)));
    expect(new Set(all.map((pending) => pending.load)).size).toBe(1);
    const [pending] = all;
    for (const part of pending?.parts ?? []) if (pending) await load(pending, part);
    for (const task of ['many_a', 'many_b', 'many_c']) await expectWhole('many', task);
  });

  it('continues where it stopped when it is registered again, also where only the end is missing', async () => {
    await sixHundredForty('again/default');
    const pending = await beginPending('again', 'again_task');
    for (const part of [0, 1, 2]) await load(pending, part);
    const again = await beginPending('again', 'again_task');
    expect(again).toEqual({ load: pending.load, parts: [3, 4, 5, 6, 7] });
    for (const part of [3, 4, 5, 6]) await load(pending, part);
    // As if whoever did the last part had died before the end.
    const [row] = await dataStack.sql`SELECT staging_table FROM sampler_loads WHERE load_id = ${pending.load}`;
    await dataStack.sql`
      INSERT INTO ${dataStack.sql(String(row?.['staging_table']))}
      SELECT i, 'test', 'row ' || i FROM generate_series(610, 639) AS i`;
    await dataStack.sql`UPDATE sampler_load_parts SET done_at = now() WHERE load_id = ${pending.load}`;
    expect((await beginPending('again', 'again_task')).parts).toEqual([]);
    await expectWhole('again', 'again_task');
  });

  it('is not taken for whole where rows are missing, whatever was noted; registering again starts over', async () => {
    await sixHundredForty('missing/default');
    const pending = await beginPending('missing', 'missing_task');
    for (const part of [0, 1, 2, 3, 4, 5]) await load(pending, part);
    await dataStack.sql`UPDATE sampler_load_parts SET done_at = now() WHERE load_id = ${pending.load} AND part = 7`;
    await expect(load(pending, 6)).rejects.toMatchObject({ code: 'DatasetInvalid', permanent: true });
    const again = await beginPending('missing', 'missing_task');
    expect(again.load).not.toBe(pending.load);
    for (const part of again.parts) await load(again, part);
    await expectWhole('missing', 'missing_task');
  });

  it('that is small is one transaction, without any records', async () => {
    await dataStack.putDataset('little/default', { test: [rows(0, 100)] });
    expect(await begin('little', 'little_task')).toMatchObject({ outcome: 'loaded' });
  });

  it('with a row filter is loaded at once, since ids depend on what the filter keeps', async () => {
    const level = parquet([{ name: 'level', data: Array.from({ length: 300 }, () => 'Level 5'), type: 'STRING' }]);
    await dataStack.putDataset('filtered/default', { test: [level] });
    expect(await begin('filtered', 'leaderboard_math_parts')).toMatchObject({ outcome: 'loaded' });
  });
});

describe('a load in parts that cannot succeed', () => {
  it('ends with the first file that was replaced meanwhile, and registering again loads what is there now', async () => {
    await sixHundredForty('moved/default');
    const pending = await beginPending('moved', 'moved_task');
    await load(pending, 0);
    await dataStack.put('moved/default/train/0001.parquet', rows(1000, 180));
    await expect(load(pending, 3)).rejects.toMatchObject({ code: 'DatasetInvalid', permanent: true });
    expect(await load(pending, 4)).toBe('unknown');
    await sixHundredForty('moved/default');
    const again = await beginPending('moved', 'moved_task');
    expect(again.load).not.toBe(pending.load);
    for (const part of again.parts) await load(again, part);
    await expectWhole('moved', 'moved_task');
    await reapTables(dataStack.sql, silent);
    expect(await traces('moved')).toEqual(['moved', 'moved_task']);
  });

  it('names the row of the file, also in a later part, and leaves the old table as it was', async () => {
    await sixHundredForty('nul/default');
    for (const part of (await beginPending('nul', 'nul_task')).parts) {
      const [record] = await dataStack.sql`SELECT load_id FROM sampler_loads WHERE table_name = 'nul'`;
      await load({ load: String(record?.['load_id']) }, part);
    }
    const data = Array.from({ length: 230 }, (_, i) => (i === 177 ? 'a\0b' : 'fine'));
    const bad = parquet([{ name: 't', data, type: 'STRING' }], { rowGroupSize: GROUP_ROWS });
    await dataStack.putDataset('nul/default', { train: [rows(0, 10)], test: [bad] });
    const pending = await beginPending('nul', 'nul_other');
    const outcomes = [];
    for (const part of pending.parts) outcomes.push(await load(pending, part).catch((error: unknown) => error));
    expect(outcomes).toContainEqual(
      expect.objectContaining({ context: { split: 'test', column: 't', row: 177, file: 'test/0000.parquet' } }),
    );
    await expectWhole('nul', 'nul_task');
    await reapTables(dataStack.sql, silent);
    expect(await traces('nul')).toEqual(['nul', 'nul_task']);
  });

  it('makes room for another version of the data set, whose parts are then the ones that count', async () => {
    await dataStack.putDataset('newer/default', { test: [rows(7, 400)] });
    const old = await beginPending('newer', 'newer_old');
    await load(old, 0);
    await sixHundredForty('newer/default');
    const pending = await beginPending('newer', 'newer_task');
    expect(await load(old, 1)).toBe('unknown');
    for (const part of pending.parts) await load(pending, part);
    await expectWhole('newer', 'newer_task');
  });

  it('is checked against the hashes of the manifest where the store does not vouch for them', async () => {
    // Long enough not to be kept in memory.
    const data = Array.from({ length: 90 }, (_, i) => `${i}`.padEnd(100_000, 'x'));
    const options = { rowGroupSize: 45, codec: 'UNCOMPRESSED' } as const;
    const file = parquet([{ name: 't', data, type: 'STRING', encoding: 'PLAIN' }], options);
    const unsure: ObjectSource = {
      name: dataStack.source.name,
      async stat(key) {
        const stat = await dataStack.source.stat(key);
        return stat && { size: stat.size, ...(stat.etag === undefined ? {} : { etag: stat.etag }) };
      },
      readRange: (key, start, end, etag) => dataStack.source.readRange(key, start, end, etag),
      list: (prefix) => dataStack.source.list(prefix),
    };
    const beginUnsure = () => beginPending('hashed', 'hashed_task', unsure, { rows: 45, bytes: 1e9 });
    await dataStack.putDataset('hashed/default', { test: [file] });
    const pending = await beginUnsure();
    expect(pending.parts).toEqual([0, 1, 2]);
    const outcomes = [];
    for (const part of [2, 1, 0]) outcomes.push(await load(pending, part, dataStack.sql, unsure));
    expect(outcomes).toEqual(['done', 'done', 'finished']);
    const other = Uint8Array.from(file);
    other[file.length >> 1] = 0x79;
    await dataStack.putDataset('hashed/default', { test: [other] });
    await dataStack.put('hashed/default/test/0000.parquet', file);
    const wrong = await beginUnsure();
    await expect(load(wrong, 0, dataStack.sql, unsure)).rejects.toThrow(/SHA-256/);
    expect(await load(wrong, 1, dataStack.sql, unsure)).toBe('unknown');
  });
});
