import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Buckets } from '../../lib/audit/buckets.ts';
import { DigestSet, Digests, digestOf, Numbers, Texts } from '../../lib/audit/columns.ts';
import { Groups } from '../../lib/audit/groups.ts';

const texts = fc.array(fc.string({ unit: 'binary', maxLength: 12 }), { maxLength: 2_000 });

it('keep numbers, texts and hashes as they were put in, whatever they are', () => {
  fc.assert(
    fc.property(texts, fc.array(fc.nat(2 ** 32 - 1)), (given, numbers) => {
      const kept = { texts: new Texts(), digests: new Digests(), numbers: new Numbers() };
      for (const text of given) {
        kept.texts.push(text.toWellFormed());
        kept.digests.push(digestOf(text));
      }
      for (const number of numbers) kept.numbers.push(number);
      for (const [at, text] of given.entries()) {
        expect(kept.texts.at(at)).toBe(text.toWellFormed());
        expect(kept.digests.is(at, digestOf(text))).toBe(true);
        expect(kept.digests.is(at, digestOf(`${text}.`))).toBe(false);
        expect(kept.digests.equal(at, 0)).toBe(text.toWellFormed() === given[0]?.toWellFormed());
      }
      expect(numbers.map((_, at) => kept.numbers.at(at))).toEqual(numbers);
    }),
  );
});

it('give a text the same key in every run: a beginning of its SHA-256', () => {
  const digests = new Digests();
  for (const text of ['', 'a question', 'π']) digests.push(digestOf(text));
  const keys = ['', 'a question', 'π'].map((text) => createHash('sha256').update(text).digest('base64').slice(0, 22));
  expect([0, 1, 2].map((at) => digests.text(at))).toEqual(keys);
});

it('find a hash where it was first put, among any number of others', () => {
  const set = new DigestSet();
  const known = new Map<string, number>();
  for (let i = 0; i < 5_000; i++) {
    const text = String((i * 7919) % 3_001);
    const first = known.get(text) ?? known.size;
    known.set(text, first);
    expect(set.add(digestOf(text))).toBe(first);
  }
  expect(set.find(digestOf('none'))).toBe(-1);
  for (const [text, at] of known) expect(set.find(digestOf(text))).toBe(at);
});

it('keep the last few positions of each key, and none of before they were cleared', () => {
  const keys = (at: number) => (at % 3) * 0x200000 * 77 + 5;
  const buckets = new Buckets(100, 4);
  for (const from of [0, 50]) {
    buckets.clear();
    const model = new Map<number, number[]>();
    for (let at = from; at < from + 50; at++) {
      const bucket = buckets.find(keys(at));
      const members = model.get(keys(at)) ?? [];
      expect([...buckets.members(bucket)]).toEqual(members);
      model.set(keys(at), members);
      if (members.length < 4) members.push(at);
      else members[at % 4] = at;
      buckets.put(bucket, at);
    }
  }
});

it('join what belongs together, however it was told, in order', () => {
  const groups = new Groups(8);
  for (const [a, b] of [
    [7, 5],
    [1, 3],
    [5, 3],
    [2, 4],
  ] as const) {
    groups.join(a, b);
  }
  expect(groups.members()).toEqual([
    [1, 3, 5, 7],
    [2, 4],
  ]);
  expect([groups.joined(7, 1), groups.joined(7, 2)]).toEqual([true, false]);
});
