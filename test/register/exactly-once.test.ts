import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSql } from '../../lib/clients/postgres.ts';
import { Logger } from '../../lib/log/log.ts';
import { registerDataset } from '../../lib/register/register-dataset.ts';
import { openTable } from '../../lib/tables/open.ts';
import { ensureRegistry } from '../../lib/tables/registry.ts';
import { requireDataset } from '../../lib/tables/table.ts';
import { type DataStack, openDataStack, overflowing, texts, tracesOf } from '../datasets/data-stack.ts';

let dataStack: DataStack;
const silent = new Logger('error');

beforeAll(async () => {
  dataStack = await openDataStack();
});
afterAll(async () => {
  await dataStack?.dispose();
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
    expect(await tracesOf(dataStack.sql, 'race')).toHaveLength(4);
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
    expect(await tracesOf(dataStack.sql, 'lost')).toEqual([]);
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
    expect(await tracesOf(dataStack.sql, 'digits')).toEqual([]);
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
