import { setImmediate } from 'node:timers/promises';
import type { SQSClient } from '@aws-sdk/client-sqs';
import { type Document, type MongoClient, ObjectId } from 'mongodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ConfigValue } from '../../lib/catalogue/config-value.ts';
import { createSql } from '../../lib/clients/postgres.ts';
import type { WAITS } from '../../lib/clients/waits.ts';
import { Ledger } from '../../lib/ledger/ledger.ts';
import { docsHash } from '../../lib/ledger/records.ts';
import { Logger } from '../../lib/log/log.ts';
import type { ShardMessage } from '../../lib/messages/shard.ts';
import { encodePlan } from '../../lib/plan/plan.ts';
import { planHash } from '../../lib/plan/plan-hash.ts';
import { mayBeSmall } from '../../lib/plan/shards.ts';
import type { PyValue } from '../../lib/python/value.ts';
import { Queue } from '../../lib/queue/queue.ts';
import { QuickKinds } from '../../lib/shard/quick-kinds.ts';
import { Renderings } from '../../lib/shard/renderings.ts';
import type { ShardServices } from '../../lib/shard/services.ts';
import { renderShard } from '../../lib/shard/shard.ts';
import { writeTogether } from '../../lib/shard/together.ts';
import { encodeSignaturePlan } from '../../lib/signatures/plan.ts';
import { openTable } from '../../lib/tables/open.ts';
import { type DataStack, parquet } from '../datasets/data-stack.ts';
import { openWatchedStack, type WatchedStack } from '../datasets/watched-stack.ts';
import { newPlan, planOf } from '../ledger/own-plan.ts';

// The only wait that is shorter here, so that the test is.
vi.mock('../../lib/clients/waits.ts', async (actual) => {
  const { WAITS: real } = await actual<{ WAITS: typeof WAITS }>();
  return { WAITS: { ...real, postgresStatementTogether: 500 } };
});

const NAMES = ['tasks', 'instances', 'prompts'] as const;

/** A row that is more than may be held beside other requests. */
const LONG = 'x'.repeat(3_000_000);

let stack: WatchedStack;
let dataStack: DataStack;
let mongo: MongoClient;
let sqs: SQSClient;
let ledger: Ledger;
let services: ShardServices;
let version: string | undefined;
/** Commands that were sent to MongoDB. */
let commands: string[];

beforeAll(async () => {
  stack = await openWatchedStack();
  ({ dataStack, mongo, sqs, commands } = stack);
  const rows = ['a', 'b', 'c', 'd', 'x'.repeat(400_000), LONG];
  await dataStack.putDataset('own/data/default', { test: [parquet([{ name: 'q', data: rows, type: 'STRING' }])] });
  await dataStack.register('own', 'own/data');
  version = (await openTable(dataStack.sql, 'own')).version;
});
afterAll(() => stack?.dispose());
beforeEach(async () => {
  await stack.clear(['sample_requests', ...NAMES]);
  ledger = new Ledger(mongo.db(), 60_000);
  services = {
    sql: dataStack.sql,
    mongo,
    db: mongo.db(),
    ledger,
    shardQueue: new Queue(sqs, dataStack.shardQueueUrl),
    timeouts: undefined,
    renderings: new Renderings(),
    // However busy the machine is.
    quickKinds: new QuickKinds(Number.POSITIVE_INFINITY),
  };
});

/** A request's only shard as it is delivered. */
interface Delivered {
  readonly message: ShardMessage;
  readonly delivery: { readonly redriven: boolean; readonly log: Logger };
}

const log = new Logger('error', {}, () => {});

/** Records a plan of one shard, for a supplier of its own. */
async function begun(docs: string, address: string, changes: Record<string, ConfigValue> = {}): Promise<Delivered> {
  const { entry } = planOf();
  const config = new Map<PyValue, ConfigValue>([...entry.config, ['doc_to_target', 'q'], ...Object.entries(changes)]);
  const plan = planOf({ tableVersion: version, shotsInEffect: 0, entry: { ...entry, config } });
  const encoded = encodePlan(plan);
  const planned = newPlan({
    plan: encoded,
    plan_hash: planHash(plan, encoded, docs),
    address,
    shards: 1,
    shard_size: 10,
    doc_ids: docs,
    shard_docs: [docsHash(docs)],
  });
  await ledger.begin(planned);
  const message = { plan: planned._id.toHexString(), shard: 0, offset: 0, docs };
  return { message, delivery: { redriven: false, log } };
}

const idOf = ({ plan }: ShardMessage) => new ObjectId(plan);

const byItself = ({ message, delivery }: Delivered) => renderShard(services, message, delivery);

/** What is there of a plan, without what distinguishes it from the next: its ids, its supplier, its time. */
async function written({ message }: Delivered): Promise<Document[]> {
  const all = await Promise.all(
    NAMES.map((name) => mongo.db().collection(name).find().sort({ doc_id: 1, data: 1 }).toArray()),
  );
  return all
    .flat()
    .filter((one) => String(one['task_id'] ?? one['_id']) === message.plan)
    .map(({ _id, task_id: _t, instance_id: _i, creation_date: _c, requester_args: _r, ...rest }) => rest);
}

const counts = () => Promise.all(NAMES.map((name) => mongo.db().collection(name).countDocuments()));

describe('requests of few documents', () => {
  it('are written with the commands of one, as each would be by itself', async () => {
    const first = await begun('0-1', 'first');
    await byItself(first);
    const others = [await begun('0-1', 'a'), await begun('2-3', 'b'), await begun('1,3', 'c')];
    commands.length = 0;
    const { done, ...counted } = await writeTogether(services, others);
    expect(counted).toEqual({ instances: 6, prompts: 6 });
    expect(done).toEqual(new Set(others.map(({ delivery }) => delivery)));
    expect(commands).toEqual(['find', 'update', 'insert', 'insert', 'insert', 'commitTransaction']);
    expect(await counts()).toEqual([4, 8, 8]);
    const [same, different] = others;
    if (!same || !different) throw new Error('there are three');
    expect(await written(same)).toEqual(await written(first));
    const twin = await begun('2-3', 'twin');
    await byItself(twin);
    expect(await written(different)).toEqual(await written(twin));
    for (const { message } of others) {
      const record = await ledger.find(idOf(message));
      expect(record).toMatchObject({ state: 'done', attempt: 1 });
      expect(record).not.toHaveProperty('active');
    }
  });

  it('of a kind that nobody rendered here before are left to be done by themselves', async () => {
    const others = [await begun('0', 'a'), await begun('1', 'b')];
    expect(await writeTogether(services, others)).toEqual({ done: new Set(), instances: 0, prompts: 0 });
    await byItself(await begun('0', 'c', { doc_to_text: 'another' }));
    expect((await writeTogether(services, others)).done.size).toBe(0);
    expect(await counts()).toEqual([1, 1, 1]);
  });

  it('of a kind that was slow are left, even where one of them was given from memory meanwhile', async () => {
    // No document takes less, however quick the machine is.
    services = { ...services, quickKinds: new QuickKinds(0) };
    const slow = { doc_to_text: '{% for a in range(100) %}{{ "" }}{% endfor %}{{ q }}' };
    await byItself(await begun('0', 'first', slow));
    await byItself(await begun('0', 'again', slow));
    const others = [await begun('1', 'a', slow), await begun('2', 'b', slow)];
    expect((await writeTogether(services, others)).done.size).toBe(0);
  });

  it('leave out those that are done, begun, failed, of more shards or of other documents; the rest is written', async () => {
    await byItself(await begun('0-1', 'first'));
    const fine = [await begun('0', 'a'), await begun('1', 'b')];
    const done = await begun('0', 'done');
    await byItself(done);
    const failed = await begun('0', 'failed');
    await ledger.fail({ _id: idOf(failed.message), attempt: 1 }, { code: 'x', message: 'y' });
    const other = await begun('0', 'other');
    const wrong = { ...other, message: { ...other.message, docs: '2' } };
    const unknown = { ...other, message: { ...other.message, plan: '0'.repeat(24) } };
    const noted = await begun('0', 'noted');
    await ledger.finishShard({ _id: idOf(noted.message), attempt: 1 }, 0, 1);
    const all = [done, failed, wrong, unknown, noted, ...fine];
    const { done: ended } = await writeTogether(
      services,
      all.map((one) => ({ ...one, delivery: { ...one.delivery } })),
    );
    expect(ended.size).toBe(2);
    expect(await ledger.find(idOf(other.message))).toMatchObject({ state: 'in_progress' });
    expect(await mongo.db().collection('tasks').countDocuments()).toBe(4);
  });

  it('that cannot be rendered are left, and the rest is written', async () => {
    const failing = { doc_to_text: "{% if q == 'b' %}{{ q.missing.more }}{% endif %}{{ q }}" };
    await byItself(await begun('0', 'first', failing));
    const others = [await begun('0', 'a', failing), await begun('1', 'b', failing), await begun('2', 'c', failing)];
    const { done } = await writeTogether(services, others);
    expect([...done]).toHaveLength(2);
    expect(await counts()).toEqual([3, 3, 3]);
  });

  it('of a known kind with one long row are left without that row being fetched, and the rest is written', async () => {
    await byItself(await begun('0', 'first'));
    const hostile = await begun('5', 'a');
    const others = [hostile, await begun('1', 'b'), await begun('2', 'c')];
    const { done } = await writeTogether(services, others);
    expect([...done]).toHaveLength(2);
    expect(await ledger.find(idOf(hostile.message))).toMatchObject({ state: 'in_progress', attempt: 1 });
    await byItself(hostile);
    expect(await counts()).toEqual([4, 4, 4]);
  });

  it('whose table is locked by somebody are left after one wait, and those of other tables are written', async () => {
    await byItself(await begun('0', 'first'));
    const ready = await begun('0', 'ready');
    const waiting = [await begun('1', 'a'), await begun('2', 'b')];
    const locked = Promise.withResolvers<void>();
    const release = Promise.withResolvers<void>();
    const [row] = await dataStack.sql`SELECT dataset_table_name AS name FROM task_registry WHERE task_name = 'own'`;
    const holder = dataStack.sql.begin(async (tx) => {
      await tx`LOCK TABLE ${tx(String(row?.['name']))} IN ACCESS EXCLUSIVE MODE`;
      locked.resolve();
      await release.promise;
    });
    await locked.promise;
    const statements: string[] = [];
    const sql = createSql(dataStack.postgresUri, { debug: (_connection, statement) => statements.push(statement) });
    const { done } = await writeTogether({ ...services, sql }, [ready, ...waiting]);
    await sql.end();
    release.resolve();
    await holder;
    // What is known of its row needs no table.
    expect(await ledger.find(idOf(ready.message))).toMatchObject({ state: 'done' });
    expect([done.size, statements.filter((text) => text.includes('tableoid')).length]).toEqual([1, 1]);
    expect(await counts()).toEqual([2, 2, 2]);
    for (const one of waiting) await byItself(one);
    expect(await counts()).toEqual([4, 4, 4]);
  });

  it('are written once where MongoDB has to undo the transaction and it is tried again: the bytes are still there', async () => {
    await byItself(await begun('0', 'first'));
    const others = [await begun('0-1', 'a'), await begun('2-3', 'b')];
    const [one] = others;
    if (!one) throw new Error('there are two');
    // Another writer of one of the plans, whose transaction ends after ours met it.
    const rival = mongo.startSession();
    rival.startTransaction();
    const records = mongo.db().collection('sample_requests');
    await records.updateOne({ _id: idOf(one.message) }, { $set: { touched: 1 } }, { session: rival });
    commands.length = 0;
    const writing = writeTogether(services, others);
    while (commands.filter((name) => name === 'update').length < 2) await setImmediate();
    await rival.commitTransaction();
    await rival.endSession();
    expect((await writing).done.size).toBe(2);
    for (const one of others) await byItself(one);
    expect(await counts()).toEqual([3, 5, 5]);
  });

  it('are written once, however often their shards come and however many work on them at a time', async () => {
    await byItself(await begun('0', 'first'));
    const others = await Promise.all(['a', 'b', 'c', 'd'].map((name) => begun('0-1', name)));
    const [a, b, c, d] = others;
    if (!a || !b || !c || !d) throw new Error('there are four');
    await Promise.all([
      writeTogether(services, [a, b, a]),
      writeTogether(services, [b, c, d]),
      byItself(c),
      writeTogether(services, [d, a]),
    ]);
    for (const one of others) await byItself(one);
    expect(await counts()).toEqual([5, 9, 9]);
  });

  it('of which an earlier try left something are left whole, and then written by themselves', async () => {
    await byItself(await begun('0', 'first'));
    const again = await begun('0', 'a');
    await writeTogether(services, [again, await begun('1', 'b')]);
    // As a process leaves it that dies between two portions: instances are there, the plan is as it was.
    const asItWas = { $set: { state: 'in_progress', active: true } };
    await mongo
      .db()
      .collection('sample_requests')
      .updateOne({ _id: idOf(again.message) }, asItWas);
    await mongo
      .db()
      .collection('tasks')
      .deleteOne({ _id: idOf(again.message) });
    const another = await begun('2', 'c');
    expect((await writeTogether(services, [again, another])).done.size).toBe(0);
    await byItself(again);
    await byItself(another);
    expect(await counts()).toEqual([4, 4, 4]);
  });

  it('that are more than a transaction takes go in several, and one that is by itself is left', async () => {
    await byItself(await begun('0', 'first'));
    const others = [await begun('4', 'a'), await begun('4', 'b'), await begun('0', 'c')];
    commands.length = 0;
    const { done } = await writeTogether(services, others);
    expect(done.size).toBeGreaterThan(0);
    expect(commands.filter((name) => name === 'commitTransaction').length).toBeGreaterThan(0);
    for (const one of others) await byItself(one);
    expect(await counts()).toEqual([4, 4, 4]);
  });

  it('for signatures are written with them', async () => {
    const plan = encodeSignaturePlan({
      format: 1,
      framework: 'signatures',
      task: 'tokenizer',
      address: 'a',
      service: 's',
      seed: 1n,
    });
    const planned = newPlan({
      framework: 'signatures',
      task: 'tokenizer',
      plan,
      shards: 1,
      shard_size: 1,
      doc_ids: '',
    });
    await ledger.begin(planned);
    const message = { plan: planned._id.toHexString(), shard: 0, offset: 0, docs: '' };
    await byItself(await begun('0', 'first'));
    const { done } = await writeTogether(services, [
      { message, delivery: { redriven: false, log } },
      await begun('0', 'b'),
    ]);
    expect(done.size).toBe(2);
    expect(await counts()).toEqual([3, 3, 3]);
  });
});

it.each([
  ['0-15', 0, 0, true],
  ['0-16', 0, 0, false],
  ['0', 1, 0, false],
  ['0', 0, 1, false],
  ['no list', 0, 0, false],
])('documents %s of shard %i from %i may be a small request: %s', (docs, shard, offset, small) => {
  expect(mayBeSmall({ plan: '0'.repeat(24), shard, offset, docs })).toBe(small);
});
