import { ObjectId } from 'mongodb';
import { describe, expect, it } from 'vitest';
import type { PlanProgress } from '../../lib/ledger/ledger.ts';
import { Allowance, checkSizes } from '../../lib/shard/allowance.ts';
import type { RenderedInstance } from '../../lib/task/renderer.ts';

const instance = (data: string, doc: string): RenderedInstance => ({
  docId: 7,
  idx: 0,
  doc: new Map([['q', doc]]),
  arguments: [data, ''],
  data,
  ctxlen: 1,
});

function record(sizes?: Record<string, number>): PlanProgress {
  const at = new Date(0);
  const names = { request_id: 'r', framework: 'lmeh', task: 't', address: 'a', service: 's', plan: '' };
  const dates = { created_at: at, creation_date: at, updated_at: at };
  const numbers = { attempt: 1, shards: 2, shard_size: 5, progress: {} };
  return { _id: new ObjectId(), state: 'in_progress', ...names, ...dates, ...numbers, ...(sizes ? { sizes } : {}) };
}

describe('what a task of a request may come to', () => {
  it.each([
    ['long prompts', 'x'.repeat(1000), ''],
    ['long documents', '', 'x'.repeat(2000)],
  ])('is bounded for %s', (_, data, doc) => {
    const allowance = new Allowance(record(), 0, 10_000);
    const take = () => {
      for (let i = 0; i < 10; i++) allowance.take([instance(data, doc)], 1);
    };
    expect(take).toThrow(expect.objectContaining({ code: 'RequestTooLarge', permanent: true }));
    expect(take).toThrow(/Task t, at document 7: .*more than 10000 characters/);
  });

  it('is looked at again when a shard is noted, as shards of the same time do not see each other', () => {
    expect(() => checkSizes(record({ s0: 6000, s1: 4000 }), 10_000)).not.toThrow();
    expect(() => checkSizes(record({ s0: 6000, s1: 4000 }), undefined)).not.toThrow();
    expect(() => checkSizes(record(), 10_000)).not.toThrow();
    const over = () => checkSizes(record({ s0: 6000, s1: 4001 }), 10_000);
    expect(over).toThrow(expect.objectContaining({ code: 'RequestTooLarge', permanent: true }));
    expect(over).toThrow(/^Task t: .*more than 10000 characters/);
  });

  it('counts a document once for each of its instances, and a prompt for each repeat', () => {
    const allowance = new Allowance(record(), 0);
    allowance.take([instance('x'.repeat(100), 'y'.repeat(50)), instance('x'.repeat(100), 'y'.repeat(50))], 3);
    expect(allowance.written).toBeGreaterThanOrEqual(2 * (400 + 50));
    expect(allowance.written).toBeLessThan(2 * (400 + 50) + 50);
  });

  it('counts what the other shards wrote, and nothing twice of a shard that is written again', () => {
    const full = { s0: 9_000, s1: 900 };
    const one = [instance('x'.repeat(300), '')];
    expect(() => new Allowance(record(full), 2, 10_000).take(one, 1)).toThrow(/more than 10000 characters/);
    expect(() => new Allowance(record(full), 0, 10_000).take(one, 1)).not.toThrow();
  });
});
