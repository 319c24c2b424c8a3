import type { SQSClient } from '@aws-sdk/client-sqs';
import { MongoClient } from 'mongodb';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createSql } from '../../lib/clients/postgres.ts';
import { ensureIndexes } from '../../lib/documents/collections.ts';
import { type Begun, Ledger } from '../../lib/ledger/ledger.ts';
import type { NewPlan } from '../../lib/ledger/records.ts';
import { Logger } from '../../lib/log/log.ts';
import { parseMessage } from '../../lib/messages/parse.ts';
import { SIGNATURES, sampleMessage } from '../../lib/messages/sample.ts';
import { Queue } from '../../lib/queue/queue.ts';
import { sampleRequest } from '../../lib/sample/sample.ts';
import { createLocalSqs } from '../../localstack/resources.ts';
import { freshStack, required, type TestStack } from '../helpers/stack.ts';
import { faultySqs } from '../queue/faulty-sqs.ts';
import { receive } from '../queue/queues.ts';

let stack: TestStack;
let sqs: SQSClient;
let mongo: MongoClient;
let queue: Queue;
beforeAll(async () => {
  stack = await freshStack();
  sqs = createLocalSqs(stack.endpoint);
  mongo = new MongoClient(required(stack.env, 'MONGODB_URI'));
  await ensureIndexes(mongo.db());
  queue = new Queue(sqs, required(stack.env, 'SHARD_QUEUE_URL'));
});
afterAll(async () => {
  await mongo?.close();
  sqs?.destroy();
  await stack?.dispose();
});

/** Asks for a signature, which leads to a plan of one shard. */
function ask(ledger: Ledger, requestId: string, address: string, shardQueue = queue) {
  const body = JSON.stringify({
    framework: SIGNATURES,
    tasks: 'identity',
    requester_args: { address, service: 's', method: 'POST', path: '/v1' },
    qty: 2,
  });
  const services = {
    sql: createSql('postgres://nobody@127.0.0.1:1/none'),
    catalogue: () => Promise.reject(new Error('signatures need none')),
    ...{ ledger, shardQueue, shardSize: 250 },
  };
  const log = new Logger('error', {}, () => {});
  const request = { requestId, redriven: false, seed: 1n, bytes: body.length, log };
  return sampleRequest(services, parseMessage('sample', sampleMessage, body), request);
}

/** Does what it is told before it records a plan, once. */
class Told extends Ledger {
  readonly #first: () => Promise<void>;

  constructor(first: () => Promise<void>) {
    super(mongo.db(), 60_000);
    this.#first = first;
  }

  override async begin(...given: Parameters<Ledger['begin']>): Promise<Begun> {
    await this.#first();
    return super.begin(...given);
  }
}

/** The messages that are there before one that is sent now. */
async function sentSoFar(): Promise<unknown[]> {
  await queue.send(['the last one']);
  const found: unknown[] = [];
  while (found.at(-1) !== 'the last one') {
    found.push(
      ...(await receive(sqs, queue.url, 1)).map(({ Body = '' }) => (Body.startsWith('{') ? JSON.parse(Body) : Body)),
    );
  }
  return found.slice(0, -1);
}

const plansOf = (request_id: string) =>
  mongo.db().collection<NewPlan>('sample_requests').find({ request_id }).toArray();

it('a shard message leaves when its plan is recorded, and not before', async () => {
  const before: unknown[][] = [];
  const ledger = new Told(async () => {
    // As long as all that is to be done for a call takes, and a call.
    before.push(await sentSoFar());
  });
  expect(await ask(ledger, 'r1', 'a')).toMatchObject({ planned: 1, shards: 1 });
  expect(before).toEqual([[]]);
  const [plan] = await plansOf('r1');
  expect(await sentSoFar()).toEqual([expect.objectContaining({ plan: plan?._id.toHexString(), shard: 0 })]);
});

it('no shard message leaves where the plan can not be recorded', async () => {
  const away = new Told(() => Promise.reject(new Error('MongoDB is away')));
  await expect(ask(away, 'r2', 'b')).rejects.toThrow('MongoDB is away');
  expect(await sentSoFar()).toEqual([]);
});

it('no shard message leaves for a request that is dropped, or whose work is done', async () => {
  const ledger = new Ledger(mongo.db(), 60_000);
  await ask(ledger, 'r3', 'c');
  const [first] = await sentSoFar();
  expect(await ask(ledger, 'r4', 'c')).toMatchObject({ planned: 0, shards: 0, dropped: [{ inProgress: 'r3' }] });
  await mongo
    .db()
    .collection('sample_requests')
    .updateMany({ request_id: 'r3' }, { $set: { state: 'done' }, $unset: { active: '' } });
  expect(await ask(ledger, 'r3', 'c')).toMatchObject({ planned: 0, shards: 0 });
  expect(await sentSoFar()).toEqual([]);
  expect(first).toBeDefined();
});

it('a request that comes again before its shard was written sends the shard once more, once', async () => {
  const ledger = new Ledger(mongo.db(), 60_000);
  await ask(ledger, 'r5', 'd');
  await ask(ledger, 'r5', 'd');
  const sent = await sentSoFar();
  expect(sent).toHaveLength(2);
  expect(sent[1]).toEqual(sent[0]);
});

it('a request whose shard message SQS refuses is tried again, and sends it then', async () => {
  let refuses = true;
  const between = await faultySqs(stack.endpoint, ({ action }) =>
    refuses && action === 'SendMessage' ? 'refused' : 'passes',
  );
  const client = createLocalSqs(between.endpoint);
  const faulty = new Queue(client, queue.url);
  const ledger = new Ledger(mongo.db(), 60_000);
  try {
    await expect(ask(ledger, 'r6', 'e', faulty)).rejects.toMatchObject({ code: 'Unavailable', permanent: false });
    expect(await sentSoFar()).toEqual([]);
    refuses = false;
    expect(await ask(ledger, 'r6', 'e', faulty)).toMatchObject({ planned: 1, shards: 1 });
  } finally {
    client.destroy();
    between.close();
  }
  const [plan] = await plansOf('r6');
  expect(await sentSoFar()).toEqual([expect.objectContaining({ plan: plan?._id.toHexString(), shard: 0 })]);
});
