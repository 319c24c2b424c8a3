import { expect, it } from 'vitest';
import { RowKeys } from '../../lib/preview/row-keys.ts';
import type { Doc, PyValue } from '../../lib/python/value.ts';

const doc = (columns: Readonly<Record<string, PyValue>>): Doc => new Map(Object.entries(columns));
async function* parts(...rows: readonly Doc[]) {
  for (const row of rows) yield [row];
}
const LONG = 'x'.repeat(100_000);

it('a document is of the row whose value it has, in a column where no two rows share one', async () => {
  const keys = await RowKeys.of(
    parts(
      doc({ __id: 7n, kind: 'a', number: 1n, text: `${LONG}1` }),
      doc({ __id: 8n, kind: 'a', number: 2n, text: `${LONG}2` }),
    ),
  );
  expect(keys.rowOf(doc({ kind: 'a', number: 2n, made: 'anew' }))).toBe(1);
  expect(keys.rowOf(doc({ number: 5n, text: `${LONG}1` }))).toBe(0);
  expect(keys.rowOf(doc({ __id: 7n, kind: 'a', number: 5n }))).toBeUndefined();
  expect(keys.rowOf(doc({ number: '2' }))).toBeUndefined();
});

it('columns that are missing, null or no text or whole number in one row tell nothing', async () => {
  const keys = await RowKeys.of(
    parts(doc({ a: 'x', b: null, c: 0.5, d: [1n] }), doc({ a: 'x', b: 'y', c: 1.5, d: [2n] })),
  );
  expect(keys.rowOf(doc({ a: 'x', b: 'y', c: 1.5, d: [2n] }))).toBeUndefined();
  expect((await RowKeys.of(parts())).rowOf(doc({ a: 'x' }))).toBeUndefined();
});
