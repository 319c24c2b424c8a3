import type { SQSClient } from '@aws-sdk/client-sqs';
import type { MongoClient, ObjectId } from 'mongodb';
import type { Sql } from 'postgres';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ConfigValue } from '../../lib/catalogue/config-value.ts';
import { type Attempt, Ledger } from '../../lib/ledger/ledger.ts';
import { Logger } from '../../lib/log/log.ts';
import { encodePlan, type Plan } from '../../lib/plan/plan.ts';
import { planHash } from '../../lib/plan/plan-hash.ts';
import type { PyValue } from '../../lib/python/value.ts';
import { Queue } from '../../lib/queue/queue.ts';
import { Renderings } from '../../lib/shard/renderings.ts';
import { renderShard } from '../../lib/shard/shard.ts';
import { forgetKnown } from '../../lib/tables/known.ts';
import { openTable } from '../../lib/tables/open.ts';
import { type DataStack, parquet } from '../datasets/data-stack.ts';
import { openWatchedStack, type WatchedStack } from '../datasets/watched-stack.ts';
import { newPlan, planOf } from '../ledger/own-plan.ts';

/** Three of them are more than MongoDB takes in one command. */
const WIDE = 'w'.repeat(6_000_000);

let stack: WatchedStack;
let dataStack: DataStack;
let mongo: MongoClient;
let sqs: SQSClient;
let version: string | undefined;
let renderings: Renderings;
/** Commands that were sent to MongoDB. */
let commands: string[];

beforeAll(async () => {
  stack = await openWatchedStack();
  ({ dataStack, mongo, sqs, commands } = stack);
  const rows = [...['a', 'b', 'c', 'x'.repeat(400_000)].map((q) => [q, '']), ...['d', 'e', 'f'].map((q) => [q, WIDE])];
  const column = (name: string, place: number) => ({
    name,
    data: rows.map((row) => row[place]),
    type: 'STRING' as const,
  });
  await dataStack.putDataset('own/data/default', { test: [parquet([column('q', 0), column('unasked', 1)])] });
  await dataStack.register('own', 'own/data');
  version = (await openTable(dataStack.sql, 'own')).version;
});
afterAll(() => stack?.dispose());
beforeEach(async () => {
  renderings = new Renderings();
  await stack.clear(['sample_requests', 'tasks', 'instances', 'prompts']);
});

interface Begun {
  readonly _id: ObjectId;
  readonly ledger: Ledger;
  /** Delivers the plan's only shard. */
  deliver(sql?: Sql, ledger?: Ledger): ReturnType<typeof renderShard>;
  readonly attempts: Attempt[];
}

/** Its transactions are dropped by MongoDB, as those are that last too long, before anything but the plan's end is written. */
class Undone extends Ledger {
  times = 0;

  override completeAtOnce<Result>(
    ...[client, id, write]: Parameters<typeof Ledger.prototype.completeAtOnce<Result>>
  ): Promise<Result | null> {
    return super.completeAtOnce<Result>(client, id, async (record, session) => {
      await client.db('admin').command({ killSessions: [session.id] });
      this.times++;
      return write(record, session);
    });
  }
}

/** A plan of one shard in progress; `address` is no part of its hash. */
async function begun(
  docs: string,
  changes: Record<string, ConfigValue> = {},
  address = 'a',
  decided: Partial<Plan> = {},
): Promise<Begun> {
  const db = mongo.db();
  const ledger = new Ledger(db, 60_000);
  const { entry } = planOf();
  const config = new Map<PyValue, ConfigValue>([...entry.config, ['doc_to_target', 'q'], ...Object.entries(changes)]);
  const plan = planOf({ tableVersion: version, shotsInEffect: 0, entry: { ...entry, config }, ...decided });
  const encoded = encodePlan(plan);
  const planned = newPlan({
    plan: encoded,
    plan_hash: planHash(plan, encoded, docs),
    address,
    shards: 1,
    shard_size: 10,
    doc_ids: docs,
  });
  await ledger.begin(planned);
  const shardQueue = new Queue(sqs, dataStack.shardQueueUrl);
  const attempts: Attempt[] = [];
  const message = { plan: planned._id.toHexString(), shard: 0, offset: 0, docs };
  commands.length = 0;
  return {
    _id: planned._id,
    ledger,
    attempts,
    deliver: (sql = dataStack.sql, own = ledger) =>
      renderShard({ sql, mongo, db, ledger: own, shardQueue, timeouts: undefined, renderings }, message, {
        redriven: false,
        log: new Logger('error', {}, () => {}),
        onAttempt: (attempt) => attempts.push(attempt),
      }),
  };
}

async function counts(): Promise<number[]> {
  return Promise.all(['tasks', 'instances', 'prompts'].map((name) => mongo.db().collection(name).countDocuments()));
}

/** Postgres, out of reach. */
function unreachable(): Sql {
  return new Proxy(dataStack.sql, {
    get: () => () => {
      throw new Error('asked for rows');
    },
  });
}

describe('a request of few documents', () => {
  it('is written in one transaction, which ends its plan', async () => {
    const { deliver, ledger, _id } = await begun('0,2');
    expect(await deliver()).toEqual({ instances: 2, prompts: 2, completed: true });
    expect(commands).toEqual(['findAndModify', 'insert', 'insert', 'insert', 'commitTransaction']);
    expect(await ledger.find(_id)).toMatchObject({ state: 'done', attempt: 1 });
    expect(await mongo.db().collection('tasks').findOne({ _id })).toMatchObject({ total_instances: 2 });
    expect(await counts()).toEqual([1, 2, 2]);
  });

  it('is written once, however often its shard comes and however many work on it at a time', async () => {
    const { deliver } = await begun('0-1');
    const written = await Promise.all([deliver(), deliver(), deliver()]);
    expect(written.filter(({ completed }) => completed)).toHaveLength(1);
    expect(await deliver()).toEqual({ instances: 0, prompts: 0, completed: false });
    expect(await counts()).toEqual([1, 2, 2]);
  });

  it('is completed where an earlier try left parts of it, which stay as they are', async () => {
    const { deliver, _id } = await begun('0-1');
    await deliver();
    const db = mongo.db();
    await db.collection('tasks').deleteMany({});
    await db.collection('prompts').deleteOne({});
    await db.collection('prompts').updateOne({}, { $set: { done: true } });
    await db.collection('sample_requests').updateOne({ _id }, { $set: { state: 'in_progress' } });
    expect(await deliver()).toEqual({ instances: 2, prompts: 2, completed: true });
    expect(await counts()).toEqual([1, 2, 2]);
    expect(await db.collection('prompts').countDocuments({ done: true })).toBe(1);
  });

  it('leaves nothing behind where one of its documents fails, and its plan can fail with the reason', async () => {
    const { deliver, ledger, attempts, _id } = await begun('0-1', { doc_to_text: "{{ q if q == 'a' else 1 / 0 }}" });
    await expect(deliver()).rejects.toMatchObject({ code: 'TemplateFailed' });
    expect(await counts()).toEqual([0, 0, 0]);
    expect(await ledger.find(_id)).toMatchObject({ state: 'in_progress' });
    const [attempt] = attempts;
    expect(attempt && (await ledger.fail(attempt, { code: 'TemplateFailed', message: 'm' }))).toBe(true);
  });

  it.each(['failed', 'swept'] as const)('is not written once its plan has %s', async (state) => {
    const { deliver, ledger, _id } = await begun('0-1');
    await ledger.fail({ _id, attempt: 1 }, { code: 'TemplateFailed', message: 'm' });
    if (state === 'swept') {
      const sweep = await ledger.startSweep(_id);
      expect(sweep && (await ledger.markSwept(sweep))).toBe(true);
    }
    await deliver();
    expect(await counts()).toEqual([0, 0, 0]);
    expect(await ledger.find(_id)).toMatchObject({ state });
  });

  it('that is resumed is written in its second attempt', async () => {
    const { deliver, ledger, _id } = await begun('0-1');
    await ledger.fail({ _id, attempt: 1 }, { code: 'TemplateFailed', message: 'm' });
    await ledger.revive(_id);
    expect(await deliver()).toMatchObject({ completed: true });
    expect(await ledger.find(_id)).toMatchObject({ state: 'done', attempt: 2 });
    expect(await counts()).toEqual([1, 2, 2]);
  });

  it('is written step by step where MongoDB undoes its transaction, which it may do every time', async () => {
    const { deliver, ledger, _id } = await begun('0-1');
    const undone = new Undone(mongo.db(), 60_000);
    expect(await deliver(dataStack.sql, undone)).toEqual({ instances: 2, prompts: 2, completed: true });
    expect(undone.times).toBe(2);
    expect(await ledger.find(_id)).toMatchObject({ state: 'done', attempt: 1 });
    expect(await counts()).toEqual([1, 2, 2]);
  });

  it('whose prompts are too long for one portion is written in several', async () => {
    const { deliver } = await begun('0,3', { doc_to_text: '{{ q }}{{ q }}' });
    expect(await deliver()).toMatchObject({ instances: 2, completed: true });
    expect(await counts()).toEqual([1, 2, 2]);
  });
});

describe('a request of few documents that are more than MongoDB takes in one command', () => {
  it.each<[string, string, Record<string, ConfigValue>, Partial<Plan>, number[]]>([
    ['by columns that nothing asks for', '4-6', {}, {}, [1, 3, 3]],
    ['by the answers wanted', '0-1', { doc_to_text: '{{ q * 150000 }}' }, { repeats: 60 }, [1, 2, 120]],
    [
      'by the choices of one document',
      '4',
      { output_type: 'multiple_choice', doc_to_choice: ['a', 'b', 'c'], doc_to_target: 0n },
      { requestType: 'loglikelihood' },
      [1, 3, 3],
    ],
  ])('is written in several (%s)', async (_, docs, changes, decided, written) => {
    const { deliver, ledger, _id } = await begun(docs, changes, 'a', decided);
    expect(await deliver()).toMatchObject({ instances: written[1], prompts: written[2], completed: true });
    expect(await counts()).toEqual(written);
    expect(await ledger.find(_id)).toMatchObject({ state: 'done', attempt: 1 });
  });
});

describe('equal requests of several suppliers', () => {
  const prompts = async (task_id: ObjectId) => {
    const found = await mongo.db().collection('prompts').find({ task_id }).sort({ ctxlen: 1, data: 1 }).toArray();
    return found.map(({ data }) => data);
  };

  it('are rendered once, and each has its own documents', async () => {
    const first = await begun('0-1', {}, 'a');
    await first.deliver();
    const second = await begun('0-1', {}, 'b');
    expect(await second.deliver(unreachable())).toEqual({ instances: 2, prompts: 2, completed: true });
    expect(await prompts(second._id)).toEqual(await prompts(first._id));
    expect(await counts()).toEqual([2, 4, 4]);
  });

  it('are rendered anew where documents or definition differ', async () => {
    await (await begun('0-1', {}, 'a')).deliver();
    await expect((await begun('0,2', {}, 'b')).deliver(unreachable())).rejects.toThrow(/asked for rows/);
    const other = await begun('0-1', { doc_to_text: 'other {{ q }}' }, 'c');
    await expect(other.deliver(unreachable())).rejects.toThrow(/asked for rows/);
  });

  it('are not taken for what a message with other documents made of an equal plan, where a plan knows but how many it has', async () => {
    const right = await begun('0-1', {}, 'a');
    const records = mongo.db().collection('sample_requests');
    const hash = (await records.findOne({ _id: right._id }))?.['plan_hash'];
    const strange = await begun('0,2', {}, 'b');
    await records.updateOne({ _id: strange._id }, { $set: { plan_hash: hash } });
    await strange.deliver();
    await right.deliver();
    const docs = await mongo.db().collection('instances').distinct('doc_id', { task_id: right._id });
    expect(docs.map(Number)).toEqual([0, 1]);
  });

  it('see a row that was mended in its place once what was rendered is forgotten', async () => {
    const first = await begun('0-1', {}, 'a');
    await first.deliver();
    const { sql } = dataStack;
    const { table } = await openTable(sql, 'own');
    await sql`UPDATE ${sql(table)} SET q = 'mended' WHERE __id = 0`;
    renderings.forget();
    forgetKnown(sql);
    const second = await begun('0-1', {}, 'b');
    await second.deliver();
    expect((await prompts(second._id)).join()).toContain('mended');
    await sql`UPDATE ${sql(table)} SET q = 'a' WHERE __id = 0`;
    forgetKnown(sql);
  });
});
