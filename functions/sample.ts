import { createHash } from 'node:crypto';
import middy from '@middy/core';
import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { openCatalogue } from '../lib/catalogue/catalogue.ts';
import { createClients } from '../lib/clients/clients.ts';
import { readConfig } from '../lib/config/config.ts';
import { readLimits } from '../lib/config/limits.ts';
import { Logger } from '../lib/log/log.ts';
import { parseMessage } from '../lib/messages/parse.ts';
import { sampleMessage } from '../lib/messages/sample.ts';
import { processBatch } from '../lib/queue/batch.ts';
import type { Delivery } from '../lib/queue/delivery.ts';
import type { Failure } from '../lib/queue/failure.ts';
import { Queue } from '../lib/queue/queue.ts';
import { sampleRequest } from '../lib/sample/sample.ts';
import { ensureIndexes } from '../lib/work/collections.ts';
import { Ledger } from '../lib/work/ledger.ts';
import { MessageLog } from '../lib/work/message-log.ts';

const config = readConfig(process.env, [
  'postgresUri',
  'mongodbUri',
  'datasetsBucket',
  'sampleQueueUrl',
  'shardQueueUrl',
]);
const { shardSize, leaseMs } = readLimits(process.env);
const log = new Logger(config.logLevel, { function: 'sample' });
const clients = createClients(config);
const db = clients.mongo().db();
const ledger = new Ledger(db, leaseMs);
const queue = new Queue(clients.sqs(), config.sampleQueueUrl);
const messages = new MessageLog(db, queue.name);
const shardQueue = new Queue(clients.sqs(), config.shardQueueUrl);
for (const warning of config.warnings) log.warn(warning);

async function handle(delivery: Delivery): Promise<void> {
  const message = parseMessage('sample', sampleMessage, delivery.body);
  await ensureIndexes(db);
  const catalogue = await openCatalogue({
    s3: clients.s3(),
    bucket: config.datasetsBucket,
    includePath: message.include_path ?? config.includePath,
    log: delivery.log,
  });
  const services = { sql: clients.sql(), catalogue, ledger, shardQueue, shardSize };
  await sampleRequest(services, message, { ...delivery, seed: message.seed ?? seedOf(delivery.requestId) });
  if (delivery.received > 1 || delivery.redriven) await messages.settle(delivery);
}

/** In the dead-letter queue the message carries its identity itself. */
async function keepReason(delivery: Delivery, failure: Failure): Promise<void> {
  await messages.reject(delivery, failure);
  await messages.settle(delivery);
}

/** The seed of a message that names none: from its identity, so that a redelivery picks the same documents. */
function seedOf(requestId: string): bigint {
  return BigInt(createHash('sha256').update(requestId).digest().readUInt32BE(0) >>> 1);
}

/** Plans sample requests and sends out their shards. */
export const handler = middy<SQSEvent, SQSBatchResponse>().handler((event: SQSEvent, context: Context) =>
  processBatch(event, context, {
    queue,
    log,
    handle,
    keepReason,
    identify: (delivery) => messages.identify(delivery),
  }),
);
