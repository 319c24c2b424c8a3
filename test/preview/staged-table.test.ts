import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStagedTable, type StagedTable } from '../../lib/preview/staged-table.ts';
import type { Doc } from '../../lib/python/value.ts';
import { openTable } from '../../lib/tables/open.ts';
import { type DataStack, openDataStack, parquet, texts } from '../datasets/data-stack.ts';
import { NASTY, READABLE, sharedAvailable } from '../datasets/shared.ts';

let dataStack: DataStack;
beforeAll(async () => {
  dataStack = await openDataStack();
});
afterAll(() => dataStack?.dispose());

function open(task: string, path: string): Promise<StagedTable> {
  return openStagedTable(dataStack.source, { name: task }, { dataset_path: path, dataset_name: null });
}

async function allRows(table: StagedTable): Promise<Doc[]> {
  const docs: Doc[] = [];
  for (const split of table.splits.keys()) for await (const batch of table.stream(split)) docs.push(...batch);
  return docs;
}

/** Registers the data set for the task, and compares what the staged files give with what the table gives. */
async function expectSame(task: string, path: string): Promise<StagedTable> {
  await dataStack.register(task, path);
  const table = await open(task, path);
  const docs = await allRows(table);
  expect(docs).toEqual(await dataStack.docs(task));
  expect(table.splits).toEqual((await openTable(dataStack.sql, task)).splits);
  expect([...(await table.rows(docs.map((doc) => Number(doc.get('__id'))))).values()]).toEqual(docs);
  return table;
}

describe('a staged data set read as a table', () => {
  it('has the ids, splits and documents of the table that registering makes', async () => {
    await dataStack.putDataset('own/several/default', {
      test: [texts('t', ['a', 'b']), texts('t', ['c', null]), texts('t', [])],
      empty: [texts('t', [])],
      train: [texts('t', ['ü\r\n', '\u2028', ''])],
    });
    const table = await expectSame('plain', 'own/several');
    expect([...(await table.rows([6, 0, 3, 99])).keys()]).toEqual([0, 3, 6]);
  });

  it('leaves out the rows that registering leaves out for the task', async () => {
    const levels = (...data: string[]) => parquet([{ name: 'level', data, type: 'STRING' }]);
    await dataStack.putDataset('own/levels/default', {
      train: [levels('Level 1', 'Level 5')],
      test: [levels('Level 1', 'Level 5', 'Level 2'), levels('Level 5', 'Level 3')],
    });
    const table = await expectSame('leaderboard_math_own', 'own/levels');
    expect(table.splits.get('test')).toEqual({ min: 2, max: 3, count: 2 });
    await dataStack.putDataset('own/unlevelled/default', { test: [texts('t', ['a'])] });
    await expect(open('leaderboard_math_other', 'own/unlevelled')).rejects.toMatchObject({ code: 'DatasetInvalid' });
  });

  it('refuses what registering refuses: a NUL character, a file that is not the one of its manifest, no data at all', async () => {
    await dataStack.putDataset('own/nul/default', { test: [texts('t', ['a\0b'])] });
    await expect(open('nul', 'own/nul').then(allRows)).rejects.toMatchObject({ code: 'DatasetInvalid' });
    await expect(open('none', 'own/none')).rejects.toMatchObject({ code: 'DatasetMissing' });
    await dataStack.putDataset('own/changed/default', { test: [texts('t', ['a'])] });
    await dataStack.put('own/changed/default/test/0000.parquet', texts('t', ['b']));
    await expect(open('changed', 'own/changed').then((table) => table.verify())).rejects.toMatchObject({
      code: 'DatasetInvalid',
    });
  });

  it.skipIf(!sharedAvailable).each(READABLE)(
    'gives the values of %s as the table does (skipped where ../shared is missing)',
    async (name) => {
      await dataStack.putDataset(`nasty/${name}/default`, { test: [readFileSync(join(NASTY, `${name}.parquet`))] });
      await expectSame(`nasty_${name}`, `nasty/${name}`);
    },
  );
});
