import fc from 'fast-check';
import { expect, it } from 'vitest';
import { SamplerError } from '../../lib/errors/errors.ts';
import { readIdList, writeIdList } from '../../lib/plan/id-list.ts';
import { isShardOf, shardCount, shardMessages } from '../../lib/plan/shards.ts';

/** Ascending ids, often in runs. */
const idList = fc
  .array(fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 8 })), { maxLength: 30 })
  .map((runs) => {
    const ids: number[] = [];
    for (const [gap, length] of runs) {
      const start = (ids.at(-1) ?? -1) + gap;
      for (let i = 0; i < length; i++) ids.push(start + i);
    }
    return ids;
  });

it('any ascending ids survive being written and read', () => {
  fc.assert(
    fc.property(idList, (ids) => {
      expect(readIdList(writeIdList(ids))).toEqual(ids);
    }),
  );
});

it('runs become ranges', () => {
  expect(writeIdList([0, 1, 2, 3, 4, 9, 12, 13])).toBe('0-4,9,12-13');
  expect([writeIdList([]), writeIdList([7])]).toEqual(['', '7']);
  expect(readIdList('')).toEqual([]);
});

it.each([
  '-1',
  '1,',
  ',1',
  '5-3',
  '2,1',
  '3,3',
  '1-4,4',
  '1.5',
  '1e3',
  'a',
  ' 1',
  '1-2-3',
  '0-99999999999',
  '9'.repeat(16),
])('"%s" is refused', (text) => {
  expect(() => readIdList(text)).toThrow(SamplerError);
});

it('a list cannot ask for more ids than there is memory for, in one range or in many', () => {
  expect(() => readIdList('0-10000000')).toThrow(SamplerError);
  expect(() => readIdList('0-6000000,7000000-14000000')).toThrow(SamplerError);
});

it('the shards of a plan hold its documents in order, each once, and know how many come before them', () => {
  fc.assert(
    fc.property(idList, fc.integer({ min: 1, max: 20 }), (ids, size) => {
      const messages = shardMessages('p', writeIdList(ids), size);
      expect(messages).toHaveLength(shardCount(ids.length, size));
      expect(messages.map(({ shard }) => shard)).toEqual(messages.map((_, i) => i));
      const parts = messages.map(({ docs }) => readIdList(docs));
      expect(parts.flat()).toEqual(ids);
      messages.forEach(({ offset }, i) => {
        expect(offset).toBe(parts.slice(0, i).flat().length);
      });
      const plan = { shards: messages.length, shard_size: size };
      expect(messages.filter((message) => !isShardOf(plan, message))).toEqual([]);
    }),
  );
});

it('a plan without documents has one shard, which then completes it', () => {
  expect(shardMessages('p', '', 5)).toEqual([{ plan: 'p', shard: 0, offset: 0, docs: '' }]);
});

it('a shard fits into one SQS message, whatever the ids and the shard size', () => {
  const ids = Array.from({ length: 30_000 }, (_, i) => 999_999_000_000_000 + 2 * i);
  const bodies = shardMessages('f'.repeat(24), writeIdList(ids), 1_000_000).map((message) => JSON.stringify(message));
  expect(bodies.length).toBe(shardCount(ids.length, 1_000_000));
  for (const body of bodies) expect(Buffer.byteLength(body)).toBeLessThan(256 * 1024);
});
