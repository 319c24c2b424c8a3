import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { repr } from '../../lib/python/repr.ts';
import { type DataStack, openDataStack, parquet } from '../datasets/data-stack.ts';

describe('files of one data set whose columns differ', () => {
  let dataStack: DataStack;
  beforeAll(async () => {
    dataStack = await openDataStack();
  });
  afterAll(async () => {
    await dataStack?.dispose();
  });

  it('become rows of the first one: by name, what is missing as NULL, values cast', async () => {
    const first = parquet([
      { name: 'a', data: [1.5], type: 'DOUBLE' },
      { name: 'b', data: ['x'], type: 'STRING' },
    ]);
    const second = parquet([
      { name: 'b', data: [7], type: 'INT32' },
      { name: 'a', data: [2], type: 'INT32' },
    ]);
    const third = parquet([{ name: 'a', data: [3.5], type: 'DOUBLE' }]);
    await dataStack.putDataset('differ/default', { train: [first, second], test: [third] });
    await dataStack.register('differ', 'differ');
    expect((await dataStack.docs('differ')).map(repr)).toEqual([
      "{'__id': 0, 'a': 1.5, 'b': 'x'}",
      "{'__id': 1, 'a': 2.0, 'b': '7'}",
      "{'__id': 2, 'a': 3.5, 'b': None}",
    ]);
  });

  it('are refused where a column is one too many, or a value does not fit, naming file, column and row', async () => {
    const ints = parquet([{ name: 'a', data: [1], type: 'INT32' }]);
    const more = parquet([
      { name: 'a', data: [1], type: 'INT32' },
      { name: 'b', data: [1], type: 'INT32' },
    ]);
    await dataStack.putDataset('more/default', { test: [ints, more] });
    await expect(dataStack.register('more', 'more')).rejects.toMatchObject({
      code: 'DatasetInvalid',
      message: expect.stringMatching(/test\/0001\.parquet does not fit .* it has a column "b"/),
    });
    const fraction = parquet([{ name: 'a', data: [2, 2.5], type: 'DOUBLE' }]);
    await dataStack.putDataset('fraction/default', { test: [ints, fraction] });
    await expect(dataStack.register('fraction', 'fraction')).rejects.toMatchObject({
      code: 'DatasetInvalid',
      message: expect.stringMatching(/column "a", row 1 of test\/0001\.parquet .* 2\.5 is no whole number/),
    });
  });
});
