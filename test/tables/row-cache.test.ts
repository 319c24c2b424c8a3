import { expect, it } from 'vitest';
import { RowCache } from '../../lib/tables/row-cache.ts';

const row = (text: string) => ['0', text];
const rowsOf = (...ids: number[]) => new Map(ids.map((id) => [id, row('x'.repeat(100))]));

it('knows the rows of a table that were kept, and those of no other', () => {
  const cache = new RowCache();
  cache.keep('1', new Map([[5, row('a')]]));
  expect([[...cache.find('1', [4, 5])], [...cache.find('2', [5])]]).toEqual([[[5, row('a')]], []]);
});

it('forgets what was used longest ago when its room is full', () => {
  const cache = new RowCache(2100);
  cache.keep('1', rowsOf(1, 2, 3, 4, 5, 6, 7, 8, 9, 10));
  cache.find('1', [1]);
  cache.keep('1', rowsOf(11));
  expect([...cache.find('1', [1, 2, 3, 11]).keys()]).toEqual([1, 3, 11]);
});

it('forgets a row half a minute after it was read, however often it was asked for meanwhile', () => {
  let now = 0;
  const cache = new RowCache(10_000, () => now);
  cache.keep('1', rowsOf(1));
  for (now = 0; now < 30_000; now += 1000) expect(cache.find('1', [1]).size).toBe(1);
  expect(cache.find('1', [1]).size).toBe(0);
  cache.keep('1', new Map([[1, row('mended')]]));
  expect(cache.find('1', [1]).get(1)).toEqual(row('mended'));
});

it('counts a row once that is kept twice', () => {
  const cache = new RowCache(2100);
  for (let times = 0; times < 20; times++) cache.keep('1', rowsOf(1));
  cache.keep('1', rowsOf(2));
  expect([...cache.find('1', [1, 2]).keys()]).toEqual([1, 2]);
});

it('keeps no row that would take a tenth of its room, and none of those that many were asked for with', () => {
  const cache = new RowCache(10_000);
  cache.keep('1', new Map([[1, row('x'.repeat(1000))]]));
  const many = Array.from({ length: 65 }, (_, id) => id + 10);
  cache.keep('1', rowsOf(...many));
  expect([...cache.find('1', [1]), ...cache.find('1', many), ...cache.find('1', [10])]).toEqual([]);
});
