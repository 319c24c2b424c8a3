import middy from '@middy/core';
import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { ObjectId } from 'mongodb';
import { createClients } from '../lib/clients/clients.ts';
import { readConfig } from '../lib/config/config.ts';
import { readLimits } from '../lib/config/limits.ts';
import type { SamplerError } from '../lib/errors/errors.ts';
import { Logger } from '../lib/log/log.ts';
import { parseMessage } from '../lib/messages/parse.ts';
import { shardMessage } from '../lib/messages/shard.ts';
import { type Delivery, processBatch } from '../lib/queue/batch.ts';
import { Queue } from '../lib/queue/queue.ts';
import { renderShard } from '../lib/shard/shard.ts';
import { ensureIndexes } from '../lib/work/collections.ts';
import { Ledger } from '../lib/work/ledger.ts';
import { rejectionsOf } from '../lib/work/rejections.ts';

const config = readConfig(process.env, ['postgresUri', 'mongodbUri', 'shardQueueUrl']);
const { leaseMs } = readLimits(process.env);
const log = new Logger(config.logLevel, { function: 'shard' });
const clients = createClients(config);
const mongo = clients.mongo();
const db = mongo.db();
const ledger = new Ledger(db, leaseMs);
const shardQueue = new Queue(clients.sqs(), config.shardQueueUrl);
const keepReason = rejectionsOf(ledger, shardQueue.name);

async function handle({ body, redriven, log: deliveryLog }: Delivery): Promise<void> {
  const message = parseMessage('shard', shardMessage, body);
  await ensureIndexes(db);
  const services = { sql: clients.sql(), mongo, db, ledger, shardQueue, timeouts: config.timeouts };
  await renderShard(services, message, { redriven, log: deliveryLog });
}

/** A shard that can never be written ends its whole request: the reason is kept with the plan, or by itself where there is none. */
async function onPermanent(delivery: Delivery, error: SamplerError): Promise<void> {
  try {
    const { plan } = parseMessage('shard', shardMessage, delivery.body);
    await ledger.fail(new ObjectId(plan), { code: error.code, message: error.message });
  } catch {
    await keepReason(delivery, error);
  }
}

/** Renders shards of planned requests into instances and prompts. */
export const handler = middy<SQSEvent, SQSBatchResponse>().handler((event: SQSEvent, context: Context) =>
  processBatch(event, context, { queue: shardQueue, log, handle, onPermanent }),
);
