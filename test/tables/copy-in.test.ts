import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSql } from '../../lib/clients/postgres.ts';
import { copyIn, inTransaction } from '../../lib/tables/transaction.ts';
import { type DataStack, openDataStack, overflowing } from '../datasets/data-stack.ts';

const NAME = 'copy-in-test';

let dataStack: DataStack;
let sql: ReturnType<typeof createSql>;
beforeAll(async () => {
  dataStack = await openDataStack();
  sql = createSql(dataStack.postgresUri, { connection: { application_name: NAME } });
  await sql`CREATE TABLE numbers (n INTEGER)`;
});
afterAll(async () => {
  await sql?.end();
  await dataStack?.dispose();
});

/** Copies the chunks in a transaction of its own; a copy that never settles is reported as such. */
async function copied(...chunks: (string | Error)[]): Promise<unknown> {
  async function* rows() {
    for (const chunk of chunks) {
      if (chunk instanceof Error) throw chunk;
      yield Buffer.from(chunk);
    }
  }
  const copying = inTransaction(sql, (tx) => copyIn(tx, 'COPY numbers FROM STDIN', rows())).then(
    () => 'copied',
    (error: unknown) => error,
  );
  const patience = Promise.withResolvers<string>();
  const timer = setTimeout(() => patience.resolve('never settled'), 10_000);
  const outcome = await Promise.race([copying, patience.promise]);
  clearTimeout(timer);
  return outcome;
}

/** Connections of ours that hold a transaction open. A backend takes a moment to notice that its client is gone. */
async function openTransactions(): Promise<number> {
  let open = 0;
  for (let tries = 0; tries < 100; tries++) {
    const [row] = await dataStack.sql`
      SELECT count(*)::int AS open FROM pg_stat_activity
      WHERE application_name = ${NAME} AND state IN ('idle in transaction', 'idle in transaction (aborted)', 'active')`;
    open = Number(row?.['open']);
    if (open === 0) break;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return open;
}

describe('an error that Postgres raises once the stream of a COPY has ended (porsager/postgres issue 1173)', () => {
  it.each([
    ['a bad row that is the last one', ['1\n', '2\nx\n'], /invalid input syntax/],
    ['a bad row that is the only one', ['x\n'], /invalid input syntax/],
    ['a NUL byte', ['1\n', '2\n\0\n'], /invalid byte sequence/],
    ['a row cut off', ['1\n', '1\t2'], /extra data/],
    ['a bad row long before the end', ['x\n', ...Array.from({ length: 50 }, () => '1\n'.repeat(50_000))], /invalid/],
  ])('rejects and leaves no transaction open: %s', async (_, chunks, message) => {
    const outcome = await copied(...chunks);
    expect(outcome).toBeInstanceOf(Error);
    expect(String(outcome)).toMatch(message);
    expect(await openTransactions()).toBe(0);
    expect(await copied('1\n')).toBe('copied');
    await sql`TRUNCATE numbers`;
  });

  it('rejects when the rows themselves fail, with their own error', async () => {
    expect(await copied('1\n', new Error('a damaged file'))).toMatchObject({ message: 'a damaged file' });
    expect(await copied(new Error('damaged at once'))).toMatchObject({ message: 'damaged at once' });
    expect(await openTransactions()).toBe(0);
    const [left] = await sql`SELECT count(*)::int AS n FROM numbers`;
    expect(left?.['n']).toBe(0);
  });

  it('rejects where the table is not there', async () => {
    const copying = inTransaction(sql, (tx) => copyIn(tx, 'COPY no_such_table FROM STDIN', (async function* () {})()));
    await expect(copying).rejects.toMatchObject({ code: '42P01' });
    expect(await openTransactions()).toBe(0);
  });

  it('rejects through a whole register, and the next one works', async () => {
    await dataStack.putDataset('last/default', { test: [overflowing()] });
    await expect(dataStack.register('last_task', 'last')).rejects.toMatchObject({ code: 'DatasetInvalid' });
    expect(await openTransactions()).toBe(0);
  });
});
