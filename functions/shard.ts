import middy from '@middy/core';
import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { ObjectId } from 'mongodb';
import { createClients } from '../lib/clients/clients.ts';
import { readConfig } from '../lib/config/config.ts';
import { readLimits } from '../lib/config/limits.ts';
import { Logger } from '../lib/log/log.ts';
import { parseMessage } from '../lib/messages/parse.ts';
import { shardMessage } from '../lib/messages/shard.ts';
import { processBatch } from '../lib/queue/batch.ts';
import type { Delivery } from '../lib/queue/delivery.ts';
import type { Failure } from '../lib/queue/failure.ts';
import { Queue } from '../lib/queue/queue.ts';
import { renderShard } from '../lib/shard/shard.ts';
import { ensureIndexes } from '../lib/work/collections.ts';
import { Ledger } from '../lib/work/ledger.ts';
import { MessageLog } from '../lib/work/message-log.ts';

const config = readConfig(process.env, ['postgresUri', 'mongodbUri', 'shardQueueUrl']);
const { leaseMs } = readLimits(process.env);
const log = new Logger(config.logLevel, { function: 'shard' });
const clients = createClients(config);
const mongo = clients.mongo();
const db = mongo.db();
const ledger = new Ledger(db, leaseMs);
const shardQueue = new Queue(clients.sqs(), config.shardQueueUrl);
const messages = new MessageLog(db, shardQueue.name);

async function handle({ body, redriven, log: deliveryLog }: Delivery): Promise<void> {
  const message = parseMessage('shard', shardMessage, body);
  await ensureIndexes(db);
  const services = { sql: clients.sql(), mongo, db, ledger, shardQueue, timeouts: config.timeouts };
  await renderShard(services, message, { redriven, log: deliveryLog });
}

/** A shard that is not written ends its whole request: the reason is kept with the plan, or by itself where there is none. */
async function keepReason(delivery: Delivery, failure: Failure): Promise<void> {
  const plan = planOf(delivery.body);
  if (!plan || !(await ledger.fail(plan, failure))) await messages.reject(delivery, failure);
}

/** The plan that a message is about; null where it is no shard message. */
function planOf(body: string): ObjectId | null {
  try {
    return new ObjectId(parseMessage('shard', shardMessage, body).plan);
  } catch {
    return null;
  }
}

/** Renders shards of planned requests into instances and prompts. */
export const handler = middy<SQSEvent, SQSBatchResponse>().handler((event: SQSEvent, context: Context) =>
  processBatch(event, context, { queue: shardQueue, log, handle, keepReason }),
);
