import { expect, it } from 'vitest';
import { MOST_KEPT_CHARS, type RenderedDocs, Renderings } from '../../lib/shard/renderings.ts';

const docs = (data: string): RenderedDocs => [
  [{ docId: 1, idx: 0, doc: new Map(), arguments: ['', new Map()], data, ctxlen: 1 }],
];

it('gives what was rendered for the same hash, and nothing for another', () => {
  const renderings = new Renderings();
  renderings.keep('h', docs('a'), 10);
  expect(renderings.find('h')).toEqual(docs('a'));
  expect(renderings.find('i')).toBeUndefined();
  renderings.forget();
  expect(renderings.find('h')).toBeUndefined();
});

it('forgets what was used longest ago when its room is full, and counts twice kept ones once', () => {
  const renderings = new Renderings(10_000);
  for (const hash of ['a', 'b', 'b', 'b', 'c']) renderings.keep(hash, docs(hash), 1_000);
  renderings.find('a');
  renderings.keep('d', docs('d'), 1_000);
  expect(['a', 'b', 'c', 'd'].map((hash) => renderings.find(hash) !== undefined)).toEqual([true, false, true, true]);
});

it('keeps no request that would displace most of the others', () => {
  const renderings = new Renderings();
  renderings.keep('h', docs('a'), MOST_KEPT_CHARS);
  expect(renderings.find('h')).toBeUndefined();
});

it('gives nothing that is half a minute old, however often it was asked for, and what is rendered anew again', () => {
  let now = 0;
  const renderings = new Renderings(undefined, () => now);
  renderings.keep('h', docs('a'), 10);
  now = 29_999;
  expect(renderings.find('h')).toEqual(docs('a'));
  now = 30_000;
  expect(renderings.find('h')).toBeUndefined();
  renderings.keep('h', docs('mended'), 10);
  expect(renderings.find('h')).toEqual(docs('mended'));
});
