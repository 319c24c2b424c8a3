import { describe, expect, it } from 'vitest';
import { dumps, loads } from '../../lib/python/json.ts';
import { processedSplit } from '../../lib/sandbox/processed.ts';

const COLUMNS = ['n', 'text'];
const TRUE = {
  count: 2,
  columns: [...COLUMNS, 'new'],
  origins: [0, 1],
  differing: { new: [1, 2] },
  values: { doc_to_text: [{ v: 'a' }, { v: 'b' }] },
};
const read = (changes: object) => processedSplit(loads(JSON.stringify({ ...TRUE, ...changes })), 2, COLUMNS);

describe('an answer about a split', () => {
  it('is read as it is told', () => {
    expect(read({})).toMatchObject({ columns: ['n', 'text', 'new'], origins: [0, 1] });
    expect(read({ differing: { n: [1, 2], text: [3, 4], new: [5, 6] }, origins: [null, null] })).toMatchObject({
      origins: [null, null],
    });
  });

  it('may tell of columns that no document has', () => {
    expect(read({ count: 0, origins: [], differing: {}, values: {} })).toMatchObject({ columns: TRUE.columns });
  });

  // Functions can rewrite the runtime, and have it say anything.
  it.each<[string, object]>([
    ['another row than it was given', { origins: [0, 2] }],
    ['a row before the first', { origins: [0, -1] }],
    ['a row that is no number', { origins: [0, '1'] }],
    ['another number of rows than of documents', { origins: [0] }],
    ['another number of values than of documents', { differing: { new: [1] } }],
    ['another number of results than of documents', { values: { doc_to_text: [{ v: 'a' }] } }],
    ['a number of documents that is none', { count: 'two' }],
    ['documents without an end', { count: 1e300 }],
    ['a column that neither rows nor documents have', { columns: [...TRUE.columns, 'none'] }],
    ['columns of rows where documents stem from none', { origins: [null, null] }],
    ['a column twice', { columns: [...TRUE.columns, 'n'] }],
    ['a column without a name', { columns: [1] }],
    ['no columns', { columns: null }],
    ['a moment that is none', { differing: { new: [{ $datetime: 'x' }, 1] } }],
  ])('is none that names %s', (_, changes) => {
    expect(() => read(changes)).toThrow();
  });

  it('is none where there is none', () => {
    for (const answer of [undefined, 5n, null, [], 'x']) expect(() => processedSplit(answer, 2, COLUMNS)).toThrow();
  });

  it('of a failure is short, whatever it says', () => {
    const long = 'x'.repeat(10_000);
    const failure = read({ failed: { err: long, m: long }, document: 1e300, trace: [long, long, long, long, long] });
    expect(failure).toMatchObject({ document: null });
    expect(dumps([...Object.values(failure)]).length).toBeLessThan(2_000);
  });
});
