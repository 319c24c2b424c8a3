import type { SQSClient } from '@aws-sdk/client-sqs';
import type { Document, MongoClient } from 'mongodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Ledger } from '../../lib/ledger/ledger.ts';
import { MessageLog } from '../../lib/ledger/message-log.ts';
import { bodyHash } from '../../lib/ledger/records.ts';
import { Logger } from '../../lib/log/log.ts';
import { parseMessage } from '../../lib/messages/parse.ts';
import { type SampleMessage, sampleMessage } from '../../lib/messages/sample.ts';
import { groupOf, Queue } from '../../lib/queue/queue.ts';
import { KnownKinds } from '../../lib/sample/known-kinds.ts';
import { type SampleServices, sampleRequest } from '../../lib/sample/sample.ts';
import { sampleTogether, type TogetherRequest } from '../../lib/sample/together.ts';
import { createResources } from '../../localstack/resources.ts';
import { catalogueOf, taskYaml } from '../catalogue/roots.ts';
import { type DataStack, parquet } from '../datasets/data-stack.ts';
import { openWatchedStack, type WatchedStack } from '../datasets/watched-stack.ts';
import { required } from '../helpers/stack.ts';
import { groupOfMessage, receive } from '../queue/queues.ts';

let stack: WatchedStack;
let dataStack: DataStack;
let mongo: MongoClient;
let sqs: SQSClient;
let services: SampleServices;
let ledger: Ledger;
let shardQueue: Queue;
let messages: MessageLog;
/** Commands that were sent to MongoDB. */
let commands: string[];
let round = 0;
const log = new Logger('error', {}, () => {});
const records = () => mongo.db().collection('sample_requests');

beforeAll(async () => {
  stack = await openWatchedStack();
  ({ dataStack, mongo, sqs, commands } = stack);
  const rows = Array.from({ length: 40 }, (_, n) => `question ${n}`);
  await dataStack.putDataset('some/data/default', { test: [parquet([{ name: 'q', data: rows, type: 'STRING' }])] });
  for (const name of ['one', 'two']) await dataStack.register(name, 'some/data');
});
afterAll(() => stack?.dispose());
beforeEach(async () => {
  await stack.clear(['sample_requests']);
  const { env } = await createResources(dataStack.endpoint, `sample-together-${process.pid}-${round++}`);
  ledger = new Ledger(mongo.db(), 60_000);
  shardQueue = new Queue(sqs, required(env, 'SHARD_QUEUE_URL'));
  messages = new MessageLog(mongo.db(), 'sample');
  const catalogue = catalogueOf({ 'one.yaml': taskYaml('one'), 'two.yaml': taskYaml('two') });
  services = { sql: dataStack.sql, catalogue: async () => catalogue, ledger, shardQueue, shardSize: 250 };
});

const bodyOf = (address: string, more: Record<string, unknown> = {}) =>
  JSON.stringify({ framework: 'lmeh', tasks: 'one', requester_args: { address, service: 's' }, qty: 2, ...more });
const read = (body: string): SampleMessage => parseMessage('sample', sampleMessage, body);

/** A request under an identity of its own. */
function requestOf(address: string, more: Record<string, unknown> = {}): TogetherRequest {
  const body = bodyOf(address, more);
  const request = {
    requestId: `id of ${body}`,
    redriven: false,
    seed: 1n,
    bytes: body.length,
    bodyHash: bodyHash(body),
    log,
  };
  return { message: read(body), request, services, unless: messages.noteOf({ body }) };
}

/** What was recorded, without what distinguishes it from the next: identity, supplier, time. */
async function plansOf(addresses: readonly string[]): Promise<Document[]> {
  const found = await records()
    .find({ address: { $in: [...addresses] } })
    .toArray();
  return found.map(
    ({ _id, request_id, address, body_hash, created_at, creation_date, updated_at, lease_until, plan, ...rest }) => ({
      ...rest,
      plan: String(plan).replace(`"address":"${address}"`, '"address":""'),
      times: [created_at, creation_date, updated_at, lease_until].every((time) => time instanceof Date),
    }),
  );
}

describe('small requests', () => {
  it('are planned with the commands of one, as each would be by itself, and their shards go out in their groups', async () => {
    const alone = requestOf('alone');
    await sampleRequest(services, alone.message, alone.request);
    commands.length = 0;
    const sent = await sampleTogether(
      ['a', 'b', 'c'].map((address) => requestOf(address)),
      services,
    );
    expect([...sent]).toEqual([
      [0, 1],
      [1, 1],
      [2, 1],
    ]);
    expect(commands).toEqual(['find', 'insert']);
    const [itself] = await plansOf(['alone']);
    const together = await plansOf(['a', 'b', 'c']);
    expect(together).toEqual([itself, itself, itself]);
    const shards = await receive(sqs, shardQueue.url, 4);
    expect(shards.map(groupOfMessage).sort()).toEqual(['alone', 'a', 'b', 'c'].map(groupOf).sort());
    const plans = await records().find().toArray();
    expect(shards.map(({ Body }) => JSON.parse(Body ?? '').plan).sort()).toEqual(
      plans.map(({ _id }) => String(_id)).sort(),
    );
  });

  it('leave out what cannot be carried out, leads to several tasks, or has something in its way', async () => {
    const busy = requestOf('busy');
    await sampleRequest(services, busy.message, busy.request);
    const noted = requestOf('noted');
    await messages.identify({ requestId: 'another', body: bodyOf('noted'), named: false, received: 2 });
    const again = requestOf('again');
    await sampleRequest(services, again.message, again.request);
    const requests = [
      requestOf('unknown', { tasks: 'none' }),
      requestOf('many', { tasks: 'one,two' }),
      requestOf('outside', { qty: undefined, doc_ids: [99] }),
      { ...busy, request: { ...busy.request, requestId: 'another of its kind' } },
      noted,
      again,
      requestOf('fine'),
      requestOf('signed', { framework: 'signatures', tasks: 'tokenizer' }),
    ];
    const before = await records().countDocuments();
    expect([...(await sampleTogether(requests, services))]).toEqual([
      [6, 1],
      [7, 1],
    ]);
    expect(await records().countDocuments()).toBe(before + 2);
  });

  it('two of a kind are begun once', async () => {
    const one = requestOf('same');
    const two = { ...one, request: { ...one.request, requestId: 'another' } };
    expect((await sampleTogether([one, two], services)).size).toBe(1);
    expect(await records().countDocuments()).toBe(1);
  });

  it('whose shards could not be sent go on when they come again', async () => {
    const requests = [requestOf('a'), requestOf('b')];
    const nowhere = new Queue(sqs, `${shardQueue.url}-missing`);
    await expect(sampleTogether(requests, { ledger, shardQueue: nowhere })).rejects.toMatchObject({
      code: 'Unavailable',
    });
    for (const { message, request } of requests) {
      expect(await sampleRequest(services, message, request)).toMatchObject({ planned: 1, shards: 1 });
    }
    expect(await receive(sqs, shardQueue.url, 2)).toHaveLength(2);
    expect(await records().countDocuments()).toBe(2);
  });
});

describe('a kind of message that was planned before', () => {
  const kinds = () => {
    const known = new KnownKinds();
    known.add(read(bodyOf('a', { random_seed: 1, num_fewshot: 5, gen_kwargs: { temperature: 0.5 } })), 1);
    return known;
  };
  const like = { num_fewshot: 5, gen_kwargs: { temperature: 0.5 }, random_seed: 7 };

  it.each([
    ['another supplier', {}],
    ['another seed', { random_seed: 2n.toString() }],
    ['other documents', { qty: 9 }],
    ['a blacklist', { blacklist: [1, 2, 3] }],
  ])('is the same for %s', (_, more) => {
    expect(kinds().has(read(bodyOf('b', { ...like, ...more })))).toBe(true);
  });

  it.each([
    ['another task', { tasks: 'two' }],
    ['other worked examples', { num_fewshot: 4 }],
    ['other arguments', { gen_kwargs: { temperature: 0.6 } }],
    ['another include folder', { include_path: 'x' }],
    ['documents by their ids', { qty: undefined, doc_ids: [1] }],
    ['many documents', { qty: 17 }],
    ['all documents', { qty: -1 }],
    ['a long blacklist', { blacklist: Array.from({ length: 2001 }, (_, n) => n) }],
  ])('is another one for %s', (_, more) => {
    expect(kinds().has(read(bodyOf('b', { ...like, ...more })))).toBe(false);
  });
});

it('a message that leads to several tasks is of no kind that is known, as all of them would be planned in vain', () => {
  const known = new KnownKinds();
  known.add(read(bodyOf('a', { tasks: 'one,two' })), 2);
  expect(known.has(read(bodyOf('b', { tasks: 'one,two' })))).toBe(false);
});

it('of several messages those are foreign that name a request which came of another body', async () => {
  const own = requestOf('a');
  await sampleRequest(services, own.message, own.request);
  const { requestId } = own.request;
  const given = { requestId, received: 1 };
  const deliveries = [
    { ...given, named: true, body: bodyOf('a') },
    { ...given, named: true, body: bodyOf('other') },
    { ...given, named: false, body: bodyOf('other') },
    { ...given, named: true, requestId: 'unheard of', body: bodyOf('other') },
  ];
  expect(await messages.foreign(deliveries)).toEqual(new Set([deliveries[1]]));
  const twins = [
    { named: true, received: 1, requestId: 'new', body: bodyOf('a') },
    { named: true, received: 1, requestId: 'new', body: bodyOf('a') },
    { named: false, received: 1, requestId: 'its own', body: bodyOf('a') },
  ];
  expect(await messages.foreign(twins)).toEqual(new Set());
  const forged = { named: true, received: 1, requestId: 'its own', body: bodyOf('other') };
  expect(await messages.foreign([...twins, forged])).toEqual(new Set([forged]));
});
