import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PurgeQueueCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { type Db, MongoClient, ObjectId } from 'mongodb';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Catalogue, openCatalogue } from '../../lib/catalogue/catalogue.ts';
import { ensureIndexes } from '../../lib/documents/collections.ts';
import { planId } from '../../lib/documents/ids.ts';
import { SamplerError } from '../../lib/errors/errors.ts';
import { LEASE_EXPIRED, Ledger, type PlanProgress } from '../../lib/ledger/ledger.ts';
import { Logger } from '../../lib/log/log.ts';
import { parseMessage } from '../../lib/messages/parse.ts';
import { type SampleMessage, sampleMessage } from '../../lib/messages/sample.ts';
import { shardMessages } from '../../lib/plan/shards.ts';
import { Queue } from '../../lib/queue/queue.ts';
import { registerTasks } from '../../lib/register/register.ts';
import { sampleRequest } from '../../lib/sample/sample.ts';
import { renderShard } from '../../lib/shard/shard.ts';
import { sweep } from '../../lib/sweep/sweep.ts';
import { createLocalSqs } from '../../localstack/resources.ts';
import { type DataStack, openDataStack } from '../datasets/data-stack.ts';
import { ASKED, INCLUDE, stageOwnTasks } from '../faults/own-tasks.ts';
import { groupOfMessage, receive } from '../queue/queues.ts';

const PAGE = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'plan-states.md'), 'utf8');
const HOUR_MS = 3_600_000;
const LEASE_MS = 2 * HOUR_MS;
const REASON = { code: 'TemplateFailed', message: 'm' };

let dataStack: DataStack;
let mongo: MongoClient;
let db: Db;
let sqs: SQSClient;
let catalogue: Catalogue;
const log = new Logger('error', {}, () => {});

beforeAll(async () => {
  dataStack = await openDataStack();
  mongo = new MongoClient(dataStack.mongodbUri);
  db = mongo.db();
  sqs = createLocalSqs(dataStack.endpoint);
  await stageOwnTasks(dataStack.s3, dataStack.bucket);
  catalogue = await openCatalogue({ bucket: dataStack.source, includePath: INCLUDE, log });
  await registerTasks({ sql: dataStack.sql, source: dataStack.source, catalogue, log }, ASKED);
  await ensureIndexes(db);
});
afterAll(async () => {
  await mongo?.close();
  sqs?.destroy();
  await dataStack?.dispose();
});

/** One plan, and what befalls it. Each has a kind of its own. */
class Case {
  readonly id: string;
  readonly message: SampleMessage;
  /** Documents in a shard; the plan has four. */
  readonly shardSize: number;
  /** How far the ledger's clock is behind. */
  behindMs = 0;
  readonly ledger = new Ledger(db, LEASE_MS, () => new Date(Date.now() - this.behindMs));

  constructor(id: string, shardSize = 2) {
    this.id = id;
    this.shardSize = shardSize;
    const body = {
      framework: 'lmeh',
      tasks: ASKED,
      include_path: INCLUDE,
      requester_args: { address: id, service: 's' },
      qty: 4,
    };
    this.message = parseMessage('sample', sampleMessage, JSON.stringify(body));
  }

  get _id() {
    return planId(this.id, ASKED);
  }

  find(): Promise<PlanProgress | null> {
    return this.ledger.find(this._id);
  }

  sample(requestId = this.id, redriven = false) {
    const shardQueue = new Queue(sqs, dataStack.shardQueueUrl);
    const services = {
      sql: dataStack.sql,
      catalogue: async () => catalogue,
      ledger: this.ledger,
      shardQueue,
      shardSize: this.shardSize,
    };
    // As in a first delivery: nothing is noted of the message, and the command that records the plan looks.
    const unless = redriven ? {} : { unless: new ObjectId() };
    return sampleRequest(services, this.message, { requestId, redriven, seed: 1n, bytes: 100, ...unless, log });
  }

  async shard(redriven = false) {
    const shardQueue = new Queue(sqs, dataStack.shardQueueUrl);
    const services = { sql: dataStack.sql, mongo, db, ledger: this.ledger, shardQueue, timeouts: undefined };
    const record = await this.ledger.findWhole(this._id);
    const [first] = shardMessages(this._id.toHexString(), record?.doc_ids ?? '0-3', this.shardSize);
    if (!first) throw new Error('there is no shard');
    return renderShard(services, first, { redriven, log });
  }

  async fail(reason = REASON) {
    const record = await this.find();
    return this.ledger.fail({ _id: this._id, attempt: record?.attempt ?? 1 }, reason);
  }

  /** Whether a request of its kind but of another identity is in progress. */
  async rival(): Promise<boolean> {
    const filter = { address: this.id, active: true, request_id: { $ne: this.id } };
    return (await db.collection('sample_requests').countDocuments(filter)) > 0;
  }
}

const byLease = { code: LEASE_EXPIRED, message: 'm' };

async function begun(plan: Case): Promise<void> {
  plan.behindMs = HOUR_MS;
  await plan.sample();
}

async function failed(plan: Case, reason = REASON): Promise<void> {
  await begun(plan);
  await plan.fail(reason);
}

async function swept(plan: Case, reason = REASON): Promise<void> {
  await failed(plan, reason);
  const record = await plan.ledger.startSweep(plan._id);
  if (record) await plan.ledger.markSwept(record);
}

async function sweeping(plan: Case, reason = REASON): Promise<void> {
  await failed(plan, reason);
  plan.behindMs = 0;
  await plan.ledger.startSweep(plan._id);
}

async function taken(plan: Case): Promise<void> {
  await plan.sample(`${plan.id}-before`);
}

/** How a plan gets into each state of the page. */
const STATES: Readonly<Record<string, (plan: Case) => Promise<unknown>>> = {
  'no plan': async () => {},
  'in progress': begun,
  'in progress, attempt 2': async (plan) => {
    await failed(plan);
    await plan.sample(plan.id, true);
  },
  'in progress, lease over': async (plan) => {
    plan.behindMs = 3 * HOUR_MS;
    await plan.sample();
  },
  done: async (plan) => {
    await begun(plan);
    await plan.ledger.complete(mongo, { _id: plan._id, attempt: 1 }, async () => {});
  },
  failed,
  'failed by its lease': (plan) => failed(plan, byLease),
  'failed, its place taken': async (plan) => {
    await failed(plan);
    await taken(plan);
  },
  'failed by its lease, its place taken': async (plan) => {
    await failed(plan, byLease);
    await taken(plan);
  },
  sweeping,
  'sweeping, failed by its lease': (plan) => sweeping(plan, byLease),
  'sweeping, cut short': async (plan) => {
    await failed(plan);
    await plan.ledger.startSweep(plan._id);
  },
  swept,
  'swept, failed by its lease': (plan) => swept(plan, byLease),
  'swept, its place taken': async (plan) => {
    await swept(plan);
    await taken(plan);
  },
};

/** What each message of the page is. */
const MESSAGES: Readonly<Record<string, (plan: Case) => Promise<unknown>>> = {
  sample: (plan) => plan.sample(),
  'sample redriven': (plan) => plan.sample(plan.id, true),
  shard: (plan) => plan.shard(),
  'shard redriven': (plan) => plan.shard(true),
  'another request': (plan) => plan.sample(`${plan.id}-other`),
  sweep: (plan) => sweep(db, plan.ledger, log),
  'lease end': (plan) => plan.ledger.expire(plan._id),
  fail: (plan) => plan.fail(),
  'old shard': (plan) => plan.ledger.finishShard({ _id: plan._id, attempt: 1 }, 0, 2),
  'old end': (plan) => plan.ledger.complete(mongo, { _id: plan._id, attempt: 1 }, async () => {}),
  'old fail': (plan) => plan.ledger.fail({ _id: plan._id, attempt: 1 }, REASON),
};

/** What a message did to a plan, in the page's words. */
async function effect(plan: Case, message: string): Promise<string> {
  const shards = 4 / plan.shardSize;
  const before = await plan.find();
  let result: unknown;
  try {
    result = await MESSAGES[message]?.(plan);
  } catch (error) {
    if (!(error instanceof SamplerError)) throw error;
    expect(await plan.find(), 'what fails changes nothing').toEqual(before);
    return error.permanent ? 'refused' : 'waits';
  }
  const after = await plan.find();
  const told = (key: string): unknown => (typeof result === 'object' && result ? Reflect.get(result, key) : undefined);
  const dropped = told('dropped');
  if (Array.isArray(dropped) && dropped.length > 0) {
    expect(after).toEqual(before);
    return 'dropped';
  }
  if (message === 'another request') {
    expect(await plan.rival()).toBe(true);
    expect(told('shards')).toBe(shards);
    if (before?.state === 'in_progress' && after?.state === 'failed') return 'takes its place';
    expect(after).toEqual(before);
    return 'planned';
  }
  if (!before) return after?.state === 'in_progress' && told('shards') === shards ? 'planned' : 'nothing';
  if (!after) throw new Error('the plan is gone');
  if (after.attempt > before.attempt) {
    const state = told('completed') === true ? { state: 'done' } : { state: 'in_progress', active: true };
    expect(after).toMatchObject({ ...state, attempt: before.attempt + 1 });
    expect(after.error).toBeUndefined();
    expect(after.unsent, 'all its shards are sent').toBeUndefined();
    return 'resumed';
  }
  if (after.state !== before.state) return after.state;
  if (Number(told('shards') ?? told('instances') ?? 0) > 0 && message.startsWith('s') && message !== 'sweep')
    return 'goes on';
  if (Object.keys(after.progress).length > Object.keys(before.progress).length) return 'noted';
  expect(after).toEqual(before);
  return 'nothing';
}

/** What is there is a task with all that belongs to it; of a plan that is not done, no task. */
async function expectWhole(plan: Case, what: string): Promise<void> {
  const record = await plan.find();
  const [tasks, instances, prompts] = await Promise.all(
    ['tasks', 'instances', 'prompts'].map((name) => db.collection(name).countDocuments()),
  );
  if (record?.state !== 'done') expect(tasks, what).toBe(0);
  if (tasks === 1) expect([instances, prompts], what).toEqual([4, 8]);
}

/** The page's table: by state, what each message does. */
function table(): Map<string, Map<string, string>> {
  const rows = PAGE.split('\n')
    .filter((line) => line.startsWith('|') && !line.startsWith('|---'))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
  const [head, ...states] = rows;
  return new Map(
    states.map(([state = '', ...cells]) => [state, new Map(cells.map((cell, i) => [head?.[i + 1] ?? '', cell]))]),
  );
}

/** What the page says, where a plan's only shard is its last: one that is written ends the plan. */
function saidOf(shards: number): ReturnType<typeof table> {
  const said = table();
  if (shards > 1) return said;
  for (const effects of said.values()) {
    for (const [message, what] of effects) {
      if (message.startsWith('shard') && what === 'goes on') effects.set(message, 'done');
    }
  }
  return said;
}

it.each([2, 1])(
  'every message does to a plan of %i shards, in every state, what docs/plan-states.md says',
  async (shards) => {
    const said = saidOf(shards);
    expect([...said.keys()]).toEqual(Object.keys(STATES));
    const found = new Map<string, Map<string, string>>();
    for (const [state, into] of Object.entries(STATES)) {
      const effects = new Map<string, string>();
      for (const message of Object.keys(MESSAGES)) {
        await db.collection('sample_requests').deleteMany({});
        for (const name of ['tasks', 'instances', 'prompts']) await db.collection(name).deleteMany({});
        const plan = new Case(`${state} / ${message}`, 4 / shards);
        await into(plan);
        plan.behindMs = 0;
        effects.set(message, await effect(plan, message));
        await expectWhole(plan, `${state} / ${message}`);
      }
      found.set(state, effects);
    }
    expect(Object.fromEntries([...found].map(([state, effects]) => [state, Object.fromEntries(effects)]))).toEqual(
      Object.fromEntries([...said].map(([state, effects]) => [state, Object.fromEntries(effects)])),
    );
  },
);

it('shards are sent in the group of their supplier, the first time and when the request is redriven', async () => {
  await db.collection('sample_requests').deleteMany({});
  await sqs.send(new PurgeQueueCommand({ QueueUrl: dataStack.shardQueueUrl }));
  const [a, b] = [new Case('supplier a'), new Case('supplier b')];
  await a.sample();
  await b.sample();
  await a.fail();
  await a.sample(a.id, true);
  const messages = await receive(sqs, dataStack.shardQueueUrl, 6);
  const groups = Map.groupBy(messages, groupOfMessage);
  expect(groups.has(undefined)).toBe(false);
  const plans = [...groups.values()].map((of) => of.map(({ Body }) => JSON.parse(Body ?? '').plan).sort());
  const [ofA, ofB] = [a, b].map(({ _id }) => _id.toHexString());
  expect(plans.toSorted((one, other) => other.length - one.length)).toEqual([
    [ofA, ofA, ofA, ofA],
    [ofB, ofB],
  ]);
});
