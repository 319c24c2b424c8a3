import { describe, expect, it } from 'vitest';
import { datasetPrefix, inUsualOrder, manifestSchema, splitOfKey } from '../../lib/bucket/layout.ts';

describe('datasetPrefix', () => {
  it('is datasets/<path>/<config>/, with default for no configuration', () => {
    expect(datasetPrefix('gsm8k', 'main')).toBe('datasets/gsm8k/main/');
    expect(datasetPrefix('owner/name', null)).toBe('datasets/owner/name/default/');
  });

  it.each([
    ['..', 'a'],
    ['a/..', 'b'],
    ['a', '..'],
    ['a', '../b'],
    ['a', '.'],
    ['a', ''],
    ['', 'a'],
    ['/a', 'b'],
    ['a/', 'b'],
    ['a', 'b\\c'],
    ['a', 'b\n'],
    ['a\0', 'b'],
  ])('never leaves the prefix: %j, %j is refused', (path, name) => {
    expect(() => datasetPrefix(path, name)).toThrow(/can't be a place in the bucket/);
  });
});

describe('BUCKET-2: the order of splits fixes __id', () => {
  it('train, validation, test come first, others after them by code point', () => {
    expect(inUsualOrder(['𝒵', '\uff5a', 'test', 'dev', 'Z', 'train', 'a_b', 'a-b', 'validation'])).toEqual([
      'train',
      'validation',
      'test',
      ...['Z', 'a-b', 'a_b', 'dev', '\uff5a', '𝒵'],
    ]);
  });

  it('a manifest keeps the order that it was written in', () => {
    const splits = ['b', 'a', 'train'].map((split) => ({ split, files: [] }));
    const parsed = manifestSchema.parse({ dataset_path: 'd', config: 'c', revision: 'r', splits });
    expect(parsed.splits.map(({ split }) => split)).toEqual(['b', 'a', 'train']);
  });

  it('a split that a manifest names twice is refused', () => {
    const splits = [
      { split: 'a', files: [] },
      { split: 'a', files: [] },
    ];
    expect(manifestSchema.safeParse({ dataset_path: 'd', config: 'c', revision: 'r', splits }).success).toBe(false);
  });
});

it('only parquet files right in a split belong to a data set', () => {
  const of = (key: string) => splitOfKey(key, 'datasets/a/b/');
  expect(of('datasets/a/b/test/0000.parquet')).toEqual({ split: 'test', name: '0000.parquet' });
  expect(of('datasets/a/b/_manifest.json')).toBeUndefined();
  expect(of('datasets/a/b/c/test/0000.parquet')).toBeUndefined();
  expect(of('datasets/a/b/test/README.md')).toBeUndefined();
  expect(of('datasets/a/b/0000.parquet')).toBeUndefined();
  expect(of('elsewhere/test/0000.parquet')).toBeUndefined();
});
