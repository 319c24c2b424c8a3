import middy from '@middy/core';
import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { openCatalogue } from '../lib/catalogue/catalogue.ts';
import { createClients } from '../lib/clients/clients.ts';
import { readConfig } from '../lib/config/config.ts';
import { readPartLimits } from '../lib/config/limits.ts';
import { S3ObjectSource } from '../lib/datasets/object-source.ts';
import { Logger } from '../lib/log/log.ts';
import { isLoadPart, loadPartMessage } from '../lib/messages/load-part.ts';
import { parseMessage } from '../lib/messages/parse.ts';
import { registerMessage } from '../lib/messages/register.ts';
import { processBatch } from '../lib/queue/batch.ts';
import type { Delivery } from '../lib/queue/delivery.ts';
import { Queue } from '../lib/queue/queue.ts';
import { loadDatasetPart } from '../lib/register/load-part.ts';
import { registerTasks } from '../lib/register/register.ts';
import { MessageLog } from '../lib/work/message-log.ts';

const config = readConfig(process.env, ['postgresUri', 'mongodbUri', 'datasetsBucket', 'registerQueueUrl']);
const log = new Logger(config.logLevel, { function: 'register' });
const clients = createClients(config);
const queue = new Queue(clients.sqs(), config.registerQueueUrl);
const messages = new MessageLog(clients.mongo().db(), queue.name);
const inParts = { queue, limits: readPartLimits(process.env) };

async function handle({ body, log: deliveryLog }: Delivery): Promise<void> {
  const source = new S3ObjectSource(clients.s3(), config.datasetsBucket);
  if (isLoadPart(body)) {
    const part = parseMessage('load part', loadPartMessage, body);
    return await loadDatasetPart({ sql: clients.sql(), source, log: deliveryLog }, part);
  }
  const message = parseMessage('register', registerMessage, body);
  const catalogue = await openCatalogue({
    s3: clients.s3(),
    bucket: config.datasetsBucket,
    includePath: message.include_path ?? config.includePath,
    log: deliveryLog,
  });
  await registerTasks({ sql: clients.sql(), source, catalogue, inParts, log: deliveryLog }, message.tasks);
}

/** Loads tasks' data sets into Postgres. */
export const handler = middy<SQSEvent, SQSBatchResponse>().handler((event: SQSEvent, context: Context) =>
  processBatch(event, context, {
    queue,
    log,
    handle,
    keepReason: (delivery, failure) => messages.reject(delivery, failure),
  }),
);
