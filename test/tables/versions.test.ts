import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Logger } from '../../lib/log/log.ts';
import { reapTables } from '../../lib/register/reap.ts';
import { openTable } from '../../lib/tables/open.ts';
import { readDocsByIds } from '../../lib/tables/read.ts';
import { type DataStack, openDataStack, parquet, texts } from '../datasets/data-stack.ts';

const silent = new Logger('error');

let dataStack: DataStack;
beforeAll(async () => {
  dataStack = await openDataStack();
});
afterAll(async () => {
  await dataStack?.dispose();
});

async function stage(path: string, ...values: string[]): Promise<void> {
  await dataStack.putDataset(`${path}/default`, { test: [texts('t', values)] });
}

/** What a task's documents say, in one version of the data set or in the current one. */
async function textsOf(task: string, version?: string): Promise<unknown[]> {
  const info = await openTable(dataStack.sql, task, version);
  const { count = 0 } = info.splits.get('test') ?? {};
  const docs = await readDocsByIds(
    dataStack.sql,
    info,
    Array.from({ length: count }, (_, id) => id),
  );
  return docs.map((doc) => doc.get('t'));
}

async function tablesOf(path: string): Promise<unknown[]> {
  return await dataStack.sql`SELECT relname FROM pg_class WHERE relkind = 'r' AND starts_with(relname, ${path}) ORDER BY 1`.then(
    (rows) => [...rows],
  );
}

describe('another version of a data set', () => {
  it('takes the place of the old one when any of its tasks is registered again', async () => {
    await stage('swap', 'old', 'old');
    await dataStack.register('swap_a', 'swap');
    await dataStack.register('swap_b', 'swap');
    const before = await openTable(dataStack.sql, 'swap_a');
    await stage('swap', 'new', 'new', 'new');
    expect(await textsOf('swap_a')).toEqual(['old', 'old']);
    expect(await dataStack.register('swap_b', 'swap')).toMatchObject({ outcome: 'replaced' });
    expect(await dataStack.register('swap_a', 'swap')).toMatchObject({ outcome: 'known' });
    expect(await textsOf('swap_a')).toEqual(['new', 'new', 'new']);
    // Whoever was planned on the old one continues with it.
    expect(await textsOf('swap_a', before.version)).toEqual(['old', 'old']);
    expect((await openTable(dataStack.sql, 'swap_a', before.version)).table).not.toBe('swap');
  });

  it('is noticed by other bytes, by another revision, and without a manifest', async () => {
    await dataStack.putDataset('noticed/default', { test: [texts('t', ['1'])] }, { manifest: false });
    await dataStack.register('noticed_task', 'noticed');
    expect(await dataStack.register('noticed_task', 'noticed')).toMatchObject({ outcome: 'known' });
    await dataStack.putDataset('noticed/default', { test: [texts('t', ['2'])] }, { manifest: false });
    expect(await dataStack.register('noticed_task', 'noticed')).toMatchObject({ outcome: 'replaced' });
    await stage('noticed', '2');
    expect(await dataStack.register('noticed_task', 'noticed')).toMatchObject({ outcome: 'replaced' });
    expect(await dataStack.register('noticed_task', 'noticed')).toMatchObject({ outcome: 'known' });
    await dataStack.putDataset('noticed/default', { test: [texts('t', ['2'])], dev: [texts('t', ['3'])] });
    expect(await dataStack.register('noticed_task', 'noticed')).toMatchObject({ outcome: 'replaced' });
  });

  it('may have other columns', async () => {
    await stage('columns', 'a');
    await dataStack.register('columns_task', 'columns');
    const { version } = await openTable(dataStack.sql, 'columns_task');
    await dataStack.putDataset('columns/default', { test: [parquet([{ name: 'n', data: [1], type: 'INT32' }])] });
    await dataStack.register('columns_task', 'columns');
    expect((await dataStack.docs('columns_task')).map((doc) => [...doc])).toEqual([
      [
        ['__id', 0n],
        ['n', 1n],
      ],
    ]);
    expect(await textsOf('columns_task', version)).toEqual(['a']);
  });

  it('that cannot be loaded leaves the table as it was', async () => {
    await stage('kept', 'good');
    await dataStack.register('kept_task', 'kept');
    const before = await openTable(dataStack.sql, 'kept_task');
    for (const bad of [texts('t', ['a\0b']), new Uint8Array(50), texts('t', ['x']).subarray(0, 60)]) {
      await dataStack.putDataset('kept/default', { test: [bad] });
      await expect(dataStack.register('kept_task', 'kept')).rejects.toMatchObject({ code: 'DatasetInvalid' });
    }
    expect(await openTable(dataStack.sql, 'kept_task')).toBe(before);
    expect(await tablesOf('kept')).toHaveLength(1);
  });

  it('that is the one before again, and again, keeps one table of each', async () => {
    for (const value of ['a', 'b', 'a', 'b', 'a']) {
      await stage('forth', value);
      await dataStack.register('forth_task', 'forth');
      expect(await textsOf('forth_task')).toEqual([value]);
    }
    expect(await tablesOf('forth')).toHaveLength(3);
  });

  it('swapped in by many at once is loaded once', async () => {
    await stage('crowd', 'old');
    await dataStack.register('crowd_task', 'crowd');
    await stage('crowd', 'new');
    const outcomes = await Promise.all(Array.from({ length: 5 }, () => dataStack.register('crowd_task', 'crowd')));
    expect(outcomes.filter(({ outcome }) => outcome === 'replaced')).toHaveLength(1);
    expect(await tablesOf('crowd')).toHaveLength(2);
  });

  it('that is staged no longer changes nothing', async () => {
    await stage('unstaged', 'a');
    await dataStack.register('unstaged_task', 'unstaged');
    await dataStack.remove('unstaged/default/_manifest.json');
    await dataStack.remove('unstaged/default/test/0000.parquet');
    expect(await dataStack.register('unstaged_task', 'unstaged')).toMatchObject({ outcome: 'known' });
    expect(await dataStack.register('unstaged_other', 'unstaged')).toMatchObject({ outcome: 'joined' });
  });
});

describe('what was replaced', () => {
  it('is dropped only when no message can refer to it any more; the current table never', async () => {
    await stage('aged', 'old');
    await dataStack.register('aged_task', 'aged');
    const { version } = await openTable(dataStack.sql, 'aged_task');
    await stage('aged', 'new');
    await dataStack.register('aged_task', 'aged');
    await reapTables(dataStack.sql, silent);
    const { table } = await openTable(dataStack.sql, 'aged_task', version);
    const [row] = await dataStack.sql`SELECT obj_description(${`"${table}"`}::regclass, 'pg_class') AS comment`;
    const aged = String(row?.['comment']).replace(/"retired_at":"[^"]*"/, '"retired_at":"2001-01-01T00:00:00Z"');
    await dataStack.sql.unsafe(`COMMENT ON TABLE "${table}" IS '${aged}'`);
    await reapTables(dataStack.sql, silent);
    await expect(openTable(dataStack.sql, 'aged_task', version)).rejects.toMatchObject({
      code: 'DatasetInvalid',
      permanent: true,
    });
    expect(await textsOf('aged_task')).toEqual(['new']);
  });
});
