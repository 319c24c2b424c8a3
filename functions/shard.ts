import { ObjectId } from 'mongodb';
import { createSqs } from '../lib/clients/aws.ts';
import { createMongo } from '../lib/clients/mongo.ts';
import { mongoClock } from '../lib/clients/mongo-clock.ts';
import { createSql, WITHOUT_ARRAYS } from '../lib/clients/postgres.ts';
import { readLimits } from '../lib/config/limits.ts';
import { ensureIndexes } from '../lib/documents/collections.ts';
import { type ErrorCode, PermanentError } from '../lib/errors/errors.ts';
import type { Counts } from '../lib/lambda/observed.ts';
import { queueFunction, type WorkedTogether } from '../lib/lambda/queue-function.ts';
import { startRuntime } from '../lib/lambda/runtime.ts';
import { type Attempt, Ledger } from '../lib/ledger/ledger.ts';
import { MessageLog } from '../lib/ledger/message-log.ts';
import { parseMessage } from '../lib/messages/parse.ts';
import { type ShardMessage, shardMessage } from '../lib/messages/shard.ts';
import { mayBeSmall } from '../lib/plan/shards.ts';
import type { Delivery } from '../lib/queue/delivery.ts';
import type { Failure } from '../lib/queue/failure.ts';
import { Queue } from '../lib/queue/queue.ts';
import type { Received } from '../lib/queue/together.ts';
import { isItsShard } from '../lib/shard/belonging.ts';
import { QuickKinds } from '../lib/shard/quick-kinds.ts';
import { Renderings } from '../lib/shard/renderings.ts';
import { renderShard } from '../lib/shard/shard.ts';
import { writeTogether } from '../lib/shard/together.ts';
import { forgetKnown } from '../lib/tables/known.ts';

const runtime = startRuntime(['postgresUri', 'mongodbUri', 'shardQueueUrl']);
const { config, traced } = runtime;
const sql = createSql(config.postgresUri, WITHOUT_ARRAYS);
const mongo = createMongo(config.mongodbUri);
const db = mongo.db();
const { leaseMs, requestChars } = readLimits(process.env);
const ledger = new Ledger(db, leaseMs, mongoClock(mongo));
const queue = new Queue(traced(createSqs()), config.shardQueueUrl);
const messages = new MessageLog(db, queue.name);
const renderings = new Renderings();
const quickKinds = new QuickKinds();
const { timeouts } = config;
const services = { sql, mongo, db, ledger, shardQueue: queue, timeouts, requestChars, renderings, quickKinds };
/** Shards of one request: while the servers are at work for one of them, the other one is rendered. */
const SIDE_BY_SIDE = 2;
const WRONG: ErrorCode = 'BadMessage';
/** For which attempt at its plan a delivery was worked on. */
const attempts = new WeakMap<Delivery, Attempt>();

async function handle(message: ShardMessage, delivery: Delivery): Promise<Counts> {
  await ensureIndexes(db);
  try {
    const { instances, prompts, completed } = await renderShard(services, message, {
      ...delivery,
      onAttempt: (attempt) => attempts.set(delivery, attempt),
    });
    return { Instances: instances, Prompts: prompts, TasksCompleted: completed ? 1 : 0 };
  } catch (error) {
    // A row may be what is wrong, and be mended in its place before the shard is tried again.
    forgetKnown(sql);
    renderings.forget();
    throw error;
  }
}

/** Writes several requests of few documents. */
async function handleTogether(received: readonly Received<ShardMessage>[]): Promise<WorkedTogether> {
  await ensureIndexes(db);
  const { done, instances, prompts } = await writeTogether(services, received);
  return { done, counts: { Instances: instances, Prompts: prompts, TasksCompleted: done.size } };
}

/** Renders shards of planned requests into instances and prompts. */
export const handler = queueFunction(runtime, {
  queue,
  parse: (body) => parseMessage('shard', shardMessage, body),
  handle,
  sideBySide: SIDE_BY_SIDE,
  together: {
    requestOf: ({ message }) => message.plan,
    bodyIsAll: true,
    mayBe: ({ message }) => mayBeSmall(message),
    handle: handleTogether,
  },
  // A shard that is not written ends its whole request: the reason is kept with the plan, or by itself where there is none.
  async keepReason(delivery, failure, message) {
    const attempt = attempts.get(delivery) ?? (message && (await firstAttempt(message, failure)));
    if (!attempt || !(await ledger.fail(attempt, failure))) await messages.reject(delivery, failure);
  },
});

/**
 * Which attempt a shard belongs to whose plan was not read: the first, as later ones have sent messages of their own. None
 * where the message is wrong, which says nothing about the plan that it names; as no plan was there to find that out, it is looked at now.
 */
async function firstAttempt(message: ShardMessage, { code }: Failure): Promise<Attempt | undefined> {
  if (code === WRONG) return undefined;
  const _id = new ObjectId(message.plan);
  const record = await ledger.find(_id, message.shard);
  try {
    return record && isItsShard(record, message) ? { _id, attempt: 1 } : undefined;
  } catch (error) {
    if (error instanceof PermanentError) return undefined;
    throw error;
  }
}
