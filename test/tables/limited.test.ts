import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { WAITS } from '../../lib/clients/waits.ts';
import { failureOf } from '../../lib/queue/failure.ts';
import { forgetKnown } from '../../lib/tables/known.ts';
import { askLimited, askLimitedRaw } from '../../lib/tables/limited.ts';
import { openTable } from '../../lib/tables/open.ts';
import { readDocsByIds } from '../../lib/tables/read.ts';
import { type DataStack, openDataStack, texts } from '../datasets/data-stack.ts';

// The only waits that are shorter here, so that the test is.
vi.mock('../../lib/clients/waits.ts', async (actual) => {
  const { WAITS: real } = await actual<{ WAITS: typeof WAITS }>();
  return { WAITS: { ...real, postgresStatement: 700, postgresStatementTogether: 300 } };
});

let dataStack: DataStack;
beforeAll(async () => {
  dataStack = await openDataStack();
  await dataStack.putDataset('locked/default', { test: [texts('t', ['a', 'b'])] });
  await dataStack.register('locked_task', 'locked');
});
afterAll(() => dataStack?.dispose());

/** Statements of ours that Postgres still works on, or has waiting. */
const underWay = () => dataStack.sql`
  SELECT query FROM pg_stat_activity WHERE datname = current_database() AND state = 'active' AND pid <> pg_backend_pid()`;

describe('a table that somebody else has a lock on', () => {
  it.each([
    [
      'a data set',
      'locked',
      (info: Awaited<ReturnType<typeof openTable>>) => readDocsByIds(dataStack.sql, info, [0, 1]),
    ],
    ['the registry', 'task_registry', () => openTable(dataStack.sql, 'locked_task')],
  ])(
    '(%s) is Unavailable after the limit, leaves nothing waiting on the server, and is read when the lock is gone',
    async (_, table, read) => {
      const info = await openTable(dataStack.sql, 'locked_task');
      forgetKnown(dataStack.sql);
      const locked = Promise.withResolvers<void>();
      const release = Promise.withResolvers<void>();
      const holder = dataStack.sql.begin(async (tx) => {
        await tx`LOCK TABLE ${tx(table)} IN ACCESS EXCLUSIVE MODE`;
        locked.resolve();
        await release.promise;
      });
      await locked.promise;
      const error = await Promise.resolve(read(info)).then(
        () => 'it was read',
        (reason) => reason,
      );
      expect(failureOf(error)).toMatchObject({ code: 'Unavailable', stack: undefined });
      expect(String(error)).toContain('canceling statement due to statement timeout');
      expect(await underWay()).toEqual([]);
      release.resolve();
      await holder;
      await read(info);
    },
  );
});

describe('the limit', () => {
  it('ends with its statement: the connection goes on without it', async () => {
    const [shown] = await askLimited(dataStack.sql, "SELECT current_setting('statement_timeout') AS limit");
    expect(shown).toEqual({ limit: '700ms' });
    const after = await Promise.all(
      Array.from({ length: 5 }, () => dataStack.sql`SELECT current_setting('statement_timeout') AS limit`),
    );
    expect(after.map(([row]) => row?.['limit'])).toEqual(['0', '0', '0', '0', '0']);
  });

  it('changes nothing of what comes back, also where that is nothing', async () => {
    expect(await askLimited(dataStack.sql, 'SELECT t FROM locked ORDER BY 1')).toEqual([{ t: 'a' }, { t: 'b' }]);
    expect(await askLimited(dataStack.sql, 'SELECT t FROM locked WHERE false')).toEqual([]);
    const raw = await askLimitedRaw(dataStack.sql, "SELECT t, NULL::text FROM locked WHERE t = 'a'");
    expect(raw.map((row) => row.map((cell) => cell?.toString() ?? null))).toEqual([['a', null]]);
    expect(await askLimitedRaw(dataStack.sql, 'SELECT t FROM locked WHERE false')).toEqual([]);
  });
});
