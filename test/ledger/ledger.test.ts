import { ObjectId } from 'mongodb';
import { beforeEach, describe, expect, it } from 'vitest';
import { ensureIndexes } from '../../lib/documents/collections.ts';
import { type Attempt, type Begun, LEASE_EXPIRED, Ledger } from '../../lib/ledger/ledger.ts';
import type { NewPlan, PlanRecord } from '../../lib/ledger/records.ts';
import { unfinishedShards } from '../../lib/ledger/records.ts';
import { useOwnDatabase } from './own-database.ts';
import { newPlan } from './own-plan.ts';

const LEASE_MS = 60_000;

const own = useOwnDatabase();
/** The ledger's clock; tests set it. */
let now: Date;
let ledger: Ledger;

beforeEach(() => {
  now = new Date('2024-05-06T07:08:09Z');
  ledger = new Ledger(own.db, LEASE_MS, () => now);
});

function pass(ms: number): void {
  now = new Date(now.getTime() + ms);
}

async function begun(changes: Partial<NewPlan> = {}): Promise<NewPlan & Attempt> {
  const plan = newPlan(changes);
  expect(await ledger.begin(plan)).toMatchObject({ kind: 'ours', isNew: true });
  return { ...plan, attempt: 1 };
}

/** A plan that must be there to be resumed. */
async function revived(id: ObjectId): Promise<PlanRecord> {
  const outcome = await ledger.revive(id);
  if (outcome?.kind !== 'revived') throw new Error(`it was not resumed: ${outcome?.kind}`);
  return outcome.record;
}

async function stateOf(id: ObjectId): Promise<string | undefined> {
  return (await ledger.find(id))?.state;
}

const ERROR = { code: 'TemplateFailed', message: 'm' };
const kinds = (results: readonly Begun[]) => results.map(({ kind }) => kind).sort();

describe('beginning', () => {
  it('of two of one kind at once one is busy', async () => {
    const plans = [newPlan({ request_id: '1' }), newPlan({ request_id: '2' })];
    const results = await Promise.all(plans.map((plan) => ledger.begin(plan)));
    expect(kinds(results)).toEqual(['busy', 'ours']);
    expect(await own.db.collection('sample_requests').countDocuments()).toBe(1);
  });

  it('of twenty of one kind at once nineteen are busy, and know who is at work', async () => {
    const plans = Array.from({ length: 20 }, (_, i) => newPlan({ request_id: String(i) }));
    const results = await Promise.all(plans.map((plan) => ledger.begin(plan)));
    expect(kinds(results).filter((kind) => kind === 'ours')).toHaveLength(1);
    const winner = await own.db.collection('sample_requests').findOne({});
    for (const result of results) if (result.kind === 'busy') expect(result.other._id).toEqual(winner?._id);
  });

  it('of one message delivered ten times at once is one plan, which all of them continue with', async () => {
    const plan = newPlan();
    const results = await Promise.all(Array.from({ length: 10 }, () => ledger.begin(plan)));
    expect(kinds(results)).toEqual(Array.from({ length: 10 }, () => 'ours'));
    expect(results.filter((result) => result.kind === 'ours' && result.isNew)).toHaveLength(1);
  });

  it('beside a record that is in the way begins nothing, and else what it begins without one', async () => {
    const inTheWay = await begun();
    const plan = newPlan({ request_id: 'other', address: 'other' });
    expect(await ledger.begin(plan, inTheWay._id)).toEqual({ kind: 'noted' });
    const records = own.db.collection('sample_requests');
    expect([await records.countDocuments(), (await records.findOne({}))?.['request_id']]).toEqual([1, 'r']);
    const nothing = new ObjectId();
    const results = await Promise.all(Array.from({ length: 10 }, () => ledger.begin(plan, nothing)));
    expect(results.filter((result) => result.kind === 'ours' && result.isNew)).toHaveLength(1);
    expect(kinds(results)).toEqual(Array.from({ length: 10 }, () => 'ours'));
    expect(kinds([await ledger.begin(newPlan({ request_id: 'third', address: 'other' }), nothing)])).toEqual(['busy']);
    const bare = newPlan({ request_id: 'other', address: 'bare' });
    await ledger.begin(bare);
    const [one, same] = [await ledger.findWhole(plan._id), await ledger.findWhole(bare._id)];
    expect(Object.keys(one ?? {})).toEqual(Object.keys(same ?? {}));
    expect(one).toEqual({ ...same, _id: plan._id, address: 'other' });
  });

  it.each(['framework', 'task', 'address', 'service'])('another %s is another kind', async (field) => {
    await begun();
    await begun({ [field]: 'other' });
  });

  it('the same kind may begin again once the first is done or failed', async () => {
    const first = await begun();
    expect((await ledger.begin(newPlan())).kind).toBe('busy');
    await ledger.complete(own.mongo, first, async () => {});
    const second = await begun();
    await ledger.fail(second, ERROR);
    await begun();
  });

  it('a message that comes again finds its plan in whatever state it is', async () => {
    const plan = await begun();
    await ledger.fail(plan, ERROR);
    expect(await ledger.begin(plan)).toMatchObject({
      kind: 'ours',
      isNew: false,
      record: { state: 'failed', doc_ids: '0-3' },
    });
  });
});

describe('the lease', () => {
  it('while it lasts the place is held, to its last moment', async () => {
    await begun();
    pass(LEASE_MS);
    expect((await ledger.begin(newPlan())).kind).toBe('busy');
  });

  it('once it ran out the next request of the kind takes the place, and the first is failed', async () => {
    const first = await begun();
    pass(LEASE_MS + 1);
    await begun({ request_id: 'next' });
    expect(await ledger.find(first._id)).toMatchObject({
      state: 'failed',
      error: { code: LEASE_EXPIRED },
      failed_at: now,
    });
  });

  it('once it ran out, of many that come at once still only one takes the place', async () => {
    await begun();
    pass(LEASE_MS + 1);
    const results = await Promise.all(Array.from({ length: 10 }, () => ledger.begin(newPlan())));
    expect(kinds(results).filter((kind) => kind === 'ours')).toHaveLength(1);
    expect(await own.db.collection('sample_requests').countDocuments({ active: true })).toBe(1);
  });

  it('is renewed by each finished shard and by writing all of them again', async () => {
    const plan = await begun();
    pass(LEASE_MS - 1);
    await ledger.finishShard(plan, 0, 2);
    pass(LEASE_MS);
    expect(await ledger.expire(plan._id)).toBe(false);
    await ledger.resetProgress(plan);
    pass(LEASE_MS);
    expect(await ledger.expire(plan._id)).toBe(false);
    pass(1);
    expect(await ledger.expire(plan._id)).toBe(true);
    expect(await ledger.expire(plan._id)).toBe(false);
  });

  it('a plan that is done never expires', async () => {
    const plan = await begun();
    await ledger.complete(own.mongo, plan, async () => {});
    pass(100 * LEASE_MS);
    expect(await ledger.expire(plan._id)).toBe(false);
    expect(await stateOf(plan._id)).toBe('done');
  });
});

describe('shards', () => {
  it('are noted once each, whatever their order and however often they are finished', async () => {
    const plan = await begun();
    await Promise.all([1, 0, 1, 0].map((shard) => ledger.finishShard(plan, shard, 2 + shard)));
    expect((await ledger.findWhole(plan._id))?.progress).toEqual({ s0: 2, s1: 3 });
  });

  it('that come late, after the plan is done or failed, change nothing', async () => {
    const done = await begun();
    await ledger.complete(own.mongo, done, async () => {});
    const failed = await begun();
    await ledger.fail(failed, ERROR);
    for (const plan of [done, failed]) {
      const before = await ledger.findWhole(plan._id);
      pass(1);
      expect(await ledger.finishShard(plan, 1, 2)).toBeNull();
      expect(await ledger.resetProgress(plan)).toBe(false);
      expect(await ledger.findWhole(plan._id)).toEqual(before);
    }
  });

  it('not known to be written are those to send again', async () => {
    const begunPlan = await begun();
    const shards = async () => {
      const record = await ledger.findWhole(begunPlan._id);
      return record ? unfinishedShards(record).map((body) => JSON.parse(body)) : [];
    };
    const plan = begunPlan._id.toHexString();
    const both = [
      { plan, shard: 0, offset: 0, docs: '0-1' },
      { plan, shard: 1, offset: 2, docs: '2-3' },
    ];
    expect(await shards()).toEqual(both);
    await ledger.finishShard(begunPlan, 0, 2);
    expect(await shards()).toEqual([both[1]]);
    await ledger.resetProgress(begunPlan);
    expect(await shards()).toEqual(both);
  });
});

describe('completing', () => {
  it('ten times at once writes the task once', async () => {
    const plan = await begun();
    const { _id } = plan;
    const tasks = own.db.collection('tasks');
    let written = 0;
    const results = await Promise.all(
      Array.from({ length: 10 }, () =>
        ledger.complete(own.mongo, plan, async (session) => {
          await tasks.insertOne({ _id: new ObjectId(), plan: _id }, { session });
          written++;
        }),
      ),
    );
    expect(results.filter(Boolean)).toHaveLength(1);
    expect(await tasks.countDocuments()).toBe(1);
    expect(written).toBeGreaterThanOrEqual(1);
    expect(await ledger.find(_id)).toMatchObject({ state: 'done' });
  });

  it('writes nothing where the plan was abandoned', async () => {
    const plan = await begun();
    const { _id } = plan;
    await ledger.fail({ _id, attempt: 1 }, ERROR);
    const write = () => Promise.reject(new Error('must not be called'));
    expect(await ledger.complete(own.mongo, plan, write)).toBe(false);
    expect(await stateOf(_id)).toBe('failed');
  });

  it('is undone where the task cannot be written', async () => {
    const plan = await begun();
    const { _id } = plan;
    const write = () => Promise.reject(new Error('no room'));
    await expect(ledger.complete(own.mongo, plan, write)).rejects.toThrow('no room');
    expect(await ledger.find(_id)).toMatchObject({ state: 'in_progress', active: true });
    expect(await ledger.complete(own.mongo, plan, async () => {})).toBe(true);
  });

  it('frees the place and lets the record be forgotten later than any message', async () => {
    const plan = await begun();
    const { _id } = plan;
    await ledger.complete(own.mongo, plan, async () => {});
    const record = await ledger.find(_id);
    expect([record?.active, record?.lease_until]).toEqual([undefined, undefined]);
    expect((record?.expires_at?.getTime() ?? 0) - now.getTime()).toBeGreaterThan(14 * 24 * 3600 * 1000);
  });
});

describe('reviving', () => {
  it('takes a failed plan up again, from its first shard, as another attempt', async () => {
    const plan = await begun();
    const { _id } = plan;
    await ledger.finishShard(plan, 0, 2);
    await ledger.fail({ _id, attempt: 1 }, ERROR);
    const begunAt = now;
    pass(5);
    const record = await revived(_id);
    expect(record).toEqual(await ledger.findWhole(_id));
    expect(record).toMatchObject({ state: 'in_progress', active: true, attempt: 2, progress: {}, unsent: true });
    expect(record.creation_date).toEqual(begunAt);
    expect(record?.lease_until).toEqual(new Date(now.getTime() + LEASE_MS));
    expect([record?.error, record?.failed_at, record?.expires_at]).toEqual([undefined, undefined, undefined]);
  });

  it('ten times at once is one more attempt', async () => {
    const { _id } = await begun();
    await ledger.fail({ _id, attempt: 1 }, ERROR);
    const results = await Promise.all(Array.from({ length: 10 }, () => ledger.revive(_id)));
    expect(results.filter(Boolean)).toHaveLength(1);
    expect((await ledger.find(_id))?.attempt).toBe(2);
  });

  it('is not possible while another of its kind is at work', async () => {
    const first = await begun();
    await ledger.fail(first, ERROR);
    await begun();
    expect(await ledger.revive(first._id)).toMatchObject({ kind: 'busy' });
    expect(await stateOf(first._id)).toBe('failed');
  });

  it('fails another of its kind whose lease ran out, and takes its place', async () => {
    const first = await begun();
    await ledger.fail(first, ERROR);
    const second = await begun();
    pass(LEASE_MS + 1);
    expect(await revived(first._id)).toMatchObject({ state: 'in_progress', attempt: 2 });
    expect(await ledger.find(second._id)).toMatchObject({ state: 'failed', error: { code: LEASE_EXPIRED } });
  });

  it('is not possible for one at work, done, or being swept', async () => {
    const plan = await begun();
    expect(await ledger.revive(plan._id)).toBeNull();
    await ledger.fail(plan, ERROR);
    expect(await ledger.startSweep(plan._id)).toMatchObject({ state: 'sweeping' });
    expect(await ledger.revive(plan._id)).toBeNull();
    await ledger.markSwept(plan);
    const again = await revived(plan._id);
    expect(again).toMatchObject({ attempt: 2 });
    await ledger.complete(own.mongo, { ...plan, attempt: 2 }, async () => {});
    expect(await ledger.revive(plan._id)).toBeNull();
  });

  it('from nothing gives what is written another date, and so other ids', async () => {
    const { _id } = await begun();
    await ledger.fail({ _id, attempt: 1 }, ERROR);
    await ledger.startSweep(_id);
    await ledger.markSwept({ _id });
    pass(5);
    const record = await revived(_id);
    expect(record.creation_date).toEqual(now);
    expect(record.created_at).not.toEqual(now);
  });

  it('ends the attempt before it: what that one still notes or completes has no effect', async () => {
    const plan = await begun();
    await ledger.fail(plan, ERROR);
    await ledger.revive(plan._id);
    expect(await ledger.finishShard(plan, 0, 2)).toBeNull();
    expect(await ledger.resetProgress(plan)).toBe(false);
    expect(await ledger.complete(own.mongo, plan, () => Promise.reject(new Error('must not be called')))).toBe(false);
    expect(await ledger.find(plan._id)).toMatchObject({ state: 'in_progress', progress: {} });
  });

  it('leaves its messages to be sent until that is noted', async () => {
    const { _id } = await begun();
    await ledger.fail({ _id, attempt: 1 }, ERROR);
    await ledger.revive(_id);
    await ledger.markSent({ _id, attempt: 1 });
    expect((await ledger.find(_id))?.unsent).toBe(true);
    await ledger.markSent({ _id, attempt: 2 });
    expect((await ledger.find(_id))?.unsent).toBeUndefined();
  });
});

describe('records of failures', () => {
  it('the first reason of a failed plan stays', async () => {
    const { _id } = await begun();
    await ledger.fail({ _id, attempt: 1 }, ERROR);
    await ledger.fail({ _id, attempt: 1 }, { code: 'Other', message: 'later' });
    expect((await ledger.find(_id))?.error).toEqual(ERROR);
  });

  it('say whether the plan tells why it failed', async () => {
    const plan = await begun();
    expect(await ledger.fail(plan, ERROR)).toBe(true);
    expect(await ledger.fail(plan, ERROR)).toBe(true);
    expect(await ledger.fail({ _id: new ObjectId(), attempt: 1 }, ERROR)).toBe(false);
  });

  it('of an earlier attempt have no effect on the one at work', async () => {
    const plan = await begun();
    await ledger.fail(plan, ERROR);
    await revived(plan._id);
    expect(await ledger.fail(plan, { code: 'Other', message: 'late' })).toBe(false);
    expect(await ledger.find(plan._id)).toMatchObject({ state: 'in_progress', attempt: 2 });
    expect(await ledger.fail({ ...plan, attempt: 2 }, ERROR)).toBe(true);
  });

  it('one sweep that is late does not end another', async () => {
    const plan = await begun();
    await ledger.fail(plan, ERROR);
    const late = await ledger.startSweep(plan._id);
    pass(6 * 60_000);
    const next = await ledger.startSweep(plan._id);
    if (!late || !next) throw new Error('no sweep began');
    expect(await ledger.markSwept(late)).toBe(false);
    expect(await stateOf(plan._id)).toBe('sweeping');
    expect(await ledger.markSwept(next)).toBe(true);
  });
});

it('the indexes of the bench are there, and making them again changes nothing', async () => {
  await Promise.all([ensureIndexes(own.db), ensureIndexes(own.db)]);
  const keys = async (name: string) =>
    (await own.db.collection(name).indexes()).map(({ key }) => Object.keys(key).join());
  expect(await keys('tasks')).toContain(
    'tasks,framework,requester_args.address,requester_args.service,done,evaluated,drop',
  );
  expect(await keys('instances')).toContain('task_id,done');
  expect(await keys('prompts')).toContain('task_id,instance_id,done');
  expect(await keys('responses')).toContain('task_id,instance_id,prompt_id,ok');
});
