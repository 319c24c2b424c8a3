import { createHash } from 'node:crypto';
import { Bucket } from '../lib/bucket/bucket.ts';
import { openCatalogue } from '../lib/catalogue/catalogue.ts';
import { createS3, createSqs } from '../lib/clients/aws.ts';
import { createMongo } from '../lib/clients/mongo.ts';
import { mongoClock } from '../lib/clients/mongo-clock.ts';
import { createSql, WITHOUT_ARRAYS } from '../lib/clients/postgres.ts';
import { readLimits } from '../lib/config/limits.ts';
import { ensureIndexes } from '../lib/documents/collections.ts';
import type { Counts } from '../lib/lambda/observed.ts';
import { queueFunction, type WorkedTogether } from '../lib/lambda/queue-function.ts';
import { startRuntime } from '../lib/lambda/runtime.ts';
import { Ledger } from '../lib/ledger/ledger.ts';
import { MessageLog } from '../lib/ledger/message-log.ts';
import { bodyHash } from '../lib/ledger/records.ts';
import { parseMessage } from '../lib/messages/parse.ts';
import { type SampleMessage, sampleMessage } from '../lib/messages/sample.ts';
import type { Delivery } from '../lib/queue/delivery.ts';
import { Queue } from '../lib/queue/queue.ts';
import type { Received } from '../lib/queue/together.ts';
import { KnownKinds } from '../lib/sample/known-kinds.ts';
import { type Request, type SampleServices, sampleRequest } from '../lib/sample/sample.ts';
import { sampleTogether } from '../lib/sample/together.ts';
import { forgetKnown } from '../lib/tables/known.ts';

const runtime = startRuntime(['postgresUri', 'mongodbUri', 'datasetsBucket', 'sampleQueueUrl', 'shardQueueUrl']);
const { config, traced } = runtime;
const { shardSize, leaseMs } = readLimits(process.env);
const sql = createSql(config.postgresUri, WITHOUT_ARRAYS);
const mongo = createMongo(config.mongodbUri);
const db = mongo.db();
const bucket = new Bucket(traced(createS3()), config.datasetsBucket);
const sqs = traced(createSqs());
const ledger = new Ledger(db, leaseMs, mongoClock(mongo));
const queue = new Queue(sqs, config.sampleQueueUrl);
const messages = new MessageLog(db, queue.name);
const shardQueue = new Queue(sqs, config.shardQueueUrl);
const registerUrl = process.env['REGISTER_QUEUE_URL'];
const registerQueue = registerUrl ? new Queue(sqs, registerUrl) : undefined;

const kinds = new KnownKinds();

async function handle(message: SampleMessage, delivery: Delivery): Promise<Counts> {
  const { redriven, received } = delivery;
  // In an instance that is new, MongoDB is connected with while the task is looked up.
  const ready = ensureIndexes(db);
  ready.catch(() => {});
  const asked = requestOf(message, delivery);
  const request = delivery.unidentified ? { ...asked, unless: messages.noteOf(delivery) } : asked;
  const services = { ...servicesFor(message.include_path, delivery), ready };
  const { tasks, planned, shards, dropped } = await sampleRequest(services, message, request).catch(
    (error: unknown) => {
      // What is known of a table may be what is wrong, and be mended before the message comes again.
      forgetKnown(sql);
      throw error;
    },
  );
  for (const task of dropped) await messages.dropped(delivery, task);
  if (received > 1 || redriven) await messages.settle(delivery);
  kinds.add(message, tasks);
  return { TasksPlanned: planned, ShardsSent: shards };
}

/** Plans several requests, of kinds that were planned here before, whose identities nobody has looked at. */
async function handleTogether(received: readonly Received<SampleMessage>[]): Promise<WorkedTogether> {
  await ensureIndexes(db);
  const strangers = await messages.foreign(received.map(({ delivery }) => delivery));
  const own = received.filter(({ delivery }) => !strangers.has(delivery));
  const sent = await sampleTogether(
    own.map(({ message, delivery }) => ({
      message,
      request: requestOf(message, delivery),
      services: servicesFor(message.include_path, delivery),
      unless: messages.noteOf(delivery),
    })),
    { ledger, shardQueue },
  );
  const done = own.flatMap(({ delivery }, place) => (sent.has(place) ? [delivery] : []));
  const shards = [...sent.values()].reduce((sum, count) => sum + count, 0);
  return { done: new Set(done), counts: { TasksPlanned: done.length, ShardsSent: shards } };
}

function servicesFor(asked: string | undefined, { log }: Delivery): SampleServices {
  const includePath = asked ?? config.includePath;
  const catalogue = () => openCatalogue({ bucket, includePath, log });
  const settings = { requestStyle: config.requestStyle, taskRows: config.taskRows };
  const { refusesUnscored } = config;
  return { sql, catalogue, ledger, shardQueue, shardSize, settings, refusesUnscored };
}

function requestOf(message: SampleMessage, { requestId, redriven, received, sentAt, body, log }: Delivery): Request {
  log.append({ tasks: message.tasks, supplier: message.requester_args.address });
  const seed = message.seed ?? seedOf(requestId);
  const first = received === 1 && !redriven;
  return {
    ...{ requestId, redriven, seed, bytes: Buffer.byteLength(body), bodyHash: bodyHash(body), log },
    ...(first ? { sentAt } : {}),
  };
}

/** The seed of a message that names none: from its identity, so that a redelivery picks the same documents. */
function seedOf(requestId: string): bigint {
  return BigInt(createHash('sha256').update(requestId).digest().readUInt32BE(0) >>> 1);
}

/** Plans sample requests and sends out their shards. */
export const handler = queueFunction(runtime, {
  queue,
  parse: (body) => parseMessage('sample', sampleMessage, body),
  identify: (delivery) => messages.identify(delivery),
  // Of a first delivery nothing is noted; whether an equal message is, the command asks that records the plan.
  identifiesLate: ({ received, named }) => received === 1 && !named,
  handle,
  together: { mayBe: ({ message }) => kinds.has(message), handle: handleTogether },
  // Whoever registers a task and asks for it at once is served as soon as the data set is loaded.
  awaits: registerQueue && { code: 'NotRegistered', pending: () => registerQueue.holdsAny() },
  async keepReason(delivery, failure) {
    await messages.reject(delivery, failure);
    // In the dead-letter queue the message carries its identity itself.
    await messages.settle(delivery);
  },
});
