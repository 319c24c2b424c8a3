import type { SQSClient } from '@aws-sdk/client-sqs';
import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { type Db, MongoClient, ObjectId } from 'mongodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { ensureIndexes } from '../../lib/documents/collections.ts';
import { TransientError } from '../../lib/errors/errors.ts';
import { Ledger } from '../../lib/ledger/ledger.ts';
import type { NewPlan } from '../../lib/ledger/records.ts';
import { MAX_RECEIVES } from '../../lib/queue/delivery.ts';
import { createLocalSqs } from '../../localstack/resources.ts';
import { freshStack, required, type TestStack } from '../helpers/stack.ts';
import { newPlan } from '../ledger/own-plan.ts';
import { attributesOf, eventOf, receive, send } from '../queue/queues.ts';

/** Nothing listens there: every read of documents fails, as where Postgres is down. */
const NO_POSTGRES = 'postgres://nobody@127.0.0.1:9/none';

let stack: TestStack;
let sqs: SQSClient;
let mongo: MongoClient;
let db: Db;
let ledger: Ledger;
let url: string;
let invoke: (event: SQSEvent) => Promise<SQSBatchResponse>;

beforeAll(async () => {
  stack = await freshStack();
  sqs = createLocalSqs(stack.endpoint);
  mongo = new MongoClient(stack.mongodbUri);
  db = mongo.db();
  url = required(stack.env, 'SHARD_QUEUE_URL');
  for (const [name, value] of Object.entries({
    ...stack.env,
    POSTGRES_URI: NO_POSTGRES,
    POWERTOOLS_METRICS_DISABLED: 'true',
  })) {
    vi.stubEnv(name, value);
  }
  const { handler } = await import('../../functions/shard.ts');
  const context = { getRemainingTimeInMillis: () => 60_000 };
  // The handler asks its context for the time alone.
  invoke = (event) => handler(event, context as Context);
  await ensureIndexes(db);
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await mongo.close();
  sqs.destroy();
  await stack.dispose();
});
beforeEach(async () => {
  await db.collection('sample_requests').deleteMany({});
  ledger = new Ledger(db, 60_000);
});

/** Delivers a message for the time given and gives the failures that the function reports. */
async function deliver(body: string, received: number): Promise<number> {
  await send(sqs, url, body);
  const { Records } = eventOf(await receive(sqs, url, 1));
  const event = {
    Records: Records.map((record) => ({
      ...record,
      attributes: { ...record.attributes, ApproximateReceiveCount: String(received) },
    })),
  };
  return (await invoke(event)).batchItemFailures.length;
}

function shardOf(plan: ObjectId): string {
  return JSON.stringify({ plan: plan.toHexString(), shard: 0, offset: 0, docs: '0-1' });
}

async function begun(changes: Partial<NewPlan> = {}): Promise<ObjectId> {
  const plan = newPlan(changes);
  await ledger.begin(plan);
  return plan._id;
}

describe('a shard that cannot be written', () => {
  it('leaves its request in progress as long as it will be tried again', async () => {
    const plan = await begun();
    expect(await deliver(shardOf(plan), MAX_RECEIVES - 1)).toBe(1);
    expect((await ledger.find(plan))?.state).toBe('in_progress');
  });

  it('fails its request with the reason after its last try, and waits in the dead-letter queue to continue with it', async () => {
    const plan = await begun();
    expect(await deliver(shardOf(plan), MAX_RECEIVES)).toBe(0);
    const record = await ledger.find(plan);
    expect(record).toMatchObject({ state: 'failed', error: { message: expect.stringContaining('ECONNREFUSED') } });
    const [dead] = await receive(sqs, `${url}-dlq`, 1);
    expect(attributesOf(dead)['error-code']).toBe(record?.error?.code);
    expect(dead?.Body).toBe(shardOf(plan));
  });

  it('of a plan that a later version made waits for that version: for a deployment, else with what to do as its reason', async () => {
    const plan = await begun({ plan: '{"format":99}' });
    expect(await deliver(shardOf(plan), MAX_RECEIVES - 1)).toBe(1);
    expect((await ledger.find(plan))?.state).toBe('in_progress');
    expect(await deliver(shardOf(plan), MAX_RECEIVES)).toBe(0);
    const error = { code: 'PlanUnreadable', message: expect.stringContaining('format 99') };
    expect(await ledger.find(plan)).toMatchObject({ state: 'failed', error });
    const dead = await receive(sqs, `${url}-dlq`, 1);
    expect(dead.map((message) => attributesOf(message)['error-code'])).toEqual(['PlanUnreadable']);
  });

  it('fails a plan that could not be read, as MongoDB was away, where it is one of its shards alone', async () => {
    const plan = await begun();
    const away = new TransientError('Unavailable', 'MongoDB is away.');
    const find = vi.spyOn(Ledger.prototype, 'find');
    const forged = [{ shard: 2, offset: 4 }, { docs: '0' }, { docs: '9-0' }].map((changes) =>
      JSON.stringify({ plan: plan.toHexString(), shard: 0, offset: 0, docs: '0-1', ...changes }),
    );
    const states: unknown[] = [];
    for (const body of [...forged, shardOf(plan)]) {
      find.mockRejectedValueOnce(away);
      expect(await deliver(body, MAX_RECEIVES)).toBe(0);
      states.push((await ledger.find(plan))?.state);
    }
    find.mockRestore();
    expect(states).toEqual(['in_progress', 'in_progress', 'in_progress', 'failed']);
    const rejected = await db.collection('sample_requests').find({ state: 'rejected' }).toArray();
    expect(rejected.map(({ body }) => body).sort()).toEqual([...forged].sort());
  });

  it.each([
    ['whose plan nobody knows', shardOf(new ObjectId())],
    ['that is no shard message', '{"plan":"x"}'],
  ])('%s has a record of its own', async (_, body) => {
    expect(await deliver(body, 1)).toBe(0);
    expect(await db.collection('sample_requests').find({}).toArray()).toMatchObject([
      { state: 'rejected', body, error: { code: 'BadMessage' } },
    ]);
  });
});

it.each([
  ['numbered beyond its plan', { shard: 2, offset: 4, docs: '0-1' }],
  ['with fewer documents than a shard of it has', { docs: '0' }],
  ['with more documents', { docs: '0-2' }],
  ['that begins elsewhere', { offset: 1 }],
  ['with documents that are no list', { docs: '9-0' }],
])('a shard %s is refused by itself, whatever its plan is doing', async (_what, changes) => {
  const plan = await begun();
  const before = await ledger.findWhole(plan);
  const body = JSON.stringify({ plan: plan.toHexString(), shard: 0, offset: 0, docs: '0-1', ...changes });
  expect(await deliver(body, 1)).toBe(0);
  expect(await ledger.findWhole(plan)).toEqual(before);
  const rejected = await db.collection('sample_requests').find({ state: 'rejected' }).toArray();
  expect(rejected).toMatchObject([{ body, error: { code: 'BadMessage' } }]);
});
