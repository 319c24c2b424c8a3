import {
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  DeleteQueueCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { type Db, type Document, type Filter, ObjectId } from 'mongodb';
import { ensureIndexes } from '../lib/documents/collections.ts';
import { cpuEach, readCpu } from './processes.ts';
import type { BenchServices } from './services.ts';
import { messageOf } from './small-messages.ts';

const MESSAGES = 2000;
const REQUESTS = 1000;
/** What SQS takes and gives in one call, and so many requests as one call of a function could write together. */
const TOGETHER = 10;
/** What a request writes, for its supplier. */
const COLLECTIONS = ['tasks', 'instances', 'prompts'] as const;

/** Processor time of a piece of work, of this process and of a server. */
async function measured(
  role: string,
  count: number,
  work: () => Promise<void>,
): Promise<{ own: string; server: string }> {
  const before = readCpu(process.env);
  const own = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(own);
  const server = cpuEach(before, readCpu(process.env), count).get(role) ?? 0;
  return { own: ((user + system) / 1000 / count).toFixed(2), server: server.toFixed(2) };
}

/** What a message costs that is sent, taken and deleted with the SDK and nothing else: the floor of what goes through queues. */
export async function describeQueueFloor(sqs: SQSClient): Promise<string> {
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: `bench-floor-${process.pid}` }));
  const sent = await measured('stack', MESSAGES, async () => {
    for (let n = 0; n < MESSAGES; n++) {
      await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: messageOf('floor', n) }));
    }
  });
  const sentTogether = await measured('stack', MESSAGES, async () => {
    for (let n = 0; n < MESSAGES; n += TOGETHER) {
      const bodies = Array.from({ length: TOGETHER }, (_, i) => messageOf('floor', n + i));
      const Entries = bodies.map((MessageBody, i) => ({ Id: String(i), MessageBody }));
      await sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries }));
    }
  });
  const taken = await measured('stack', 2 * MESSAGES, async () => {
    for (let left = 2 * MESSAGES; left > 0; ) {
      const command = new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: TOGETHER, WaitTimeSeconds: 1 });
      const { Messages = [] } = await sqs.send(command);
      left -= Messages.length;
      if (Messages.length > 0) await sqs.send(deletion(QueueUrl, Messages));
    }
  });
  await sqs.send(new DeleteQueueCommand({ QueueUrl }));
  return (
    `one message with the SDK alone: sent by itself ${sent.own} ms of CPU and ${sent.server} of the stack, ten at a time ` +
    `${sentTogether.own} and ${sentTogether.server}; taken and deleted ten at a time ${taken.own} and ${taken.server}`
  );
}

function deletion(QueueUrl: string | undefined, messages: readonly Message[]): DeleteMessageBatchCommand {
  const Entries = messages.map(({ ReceiptHandle }, n) => ({ Id: String(n), ReceiptHandle }));
  return new DeleteMessageBatchCommand({ QueueUrl, Entries });
}

/** What it costs to write what one request writes, by an insertMany each and nothing else, into collections with the same indexes. */
export async function describeWriteFloor({ mongo, db }: BenchServices): Promise<string> {
  const floor = mongo.db(`${db.databaseName}_floor`);
  await ensureIndexes(floor);
  const one = await documentsOfARequest(db);
  const insert = (together: number) =>
    measured('mongodb', REQUESTS, async () => {
      for (let n = 0; n < REQUESTS; n += together) {
        for (const [name, documents] of one) {
          const all = Array.from({ length: together }, () => documents).flat();
          await floor.collection(name).insertMany(all.map((document) => ({ ...document, _id: new ObjectId() })));
        }
      }
    });
  const [alone, together] = [await insert(1), await insert(TOGETHER)];
  await floor.dropDatabase();
  const documents = [...one.values()].flat().length;
  return (
    `the ${documents} documents of a request by an insertMany for each collection, and nothing else: ${alone.own} ms of CPU and ` +
    `${alone.server} of MongoDB; those of ten requests together ${together.own} and ${together.server} each`
  );
}

/**
 * What the commands and the message of one request cost that comes alone, with the clients and nothing else, by itself and one after the
 * other: the plan, the shard's message, and the transaction that writes all of it. In this process, which has sent others before.
 */
export async function describeRequestFloor(
  { mongo, db }: BenchServices,
  sqs: SQSClient,
  QueueUrl: string,
): Promise<string> {
  const floor = mongo.db(`${db.databaseName}_floor`);
  await ensureIndexes(floor);
  const documents = await documentsOfARequest(db);
  const plan = await db.collection('sample_requests').findOne({ plan: { $exists: true } });
  const some = async (count: number) => {
    for (let n = 0; n < count; n++) {
      const write = await bareRequest(mongo, floor, { plan, documents });
      await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: messageOf('floor', n) }));
      await write();
    }
  };
  await some(REQUESTS / 10);
  const others = () => {
    const [all, own] = [process.cpuUsage(), process.threadCpuUsage()];
    return (all.user + all.system - own.user - own.system) / 1000;
  };
  const before = others();
  const { own, server } = await measured('mongodb', REQUESTS, () => some(REQUESTS));
  const elsewhere = ((others() - before) / REQUESTS).toFixed(2);
  await floor.dropDatabase();
  return `the same commands and message with nothing but the clients: ${own} ms of CPU (${elsewhere} on other threads) and ${server} of MongoDB`;
}

/** What a request of the floor writes. */
export interface BareDocuments {
  readonly plan: Document | null;
  readonly documents: ReadonlyMap<string, Document[]>;
}

/** Records a plan, with the driver alone; gives what then writes all of its request in one transaction, under another id each time. */
export async function bareRequest(
  mongo: BenchServices['mongo'],
  floor: Db,
  { plan, documents }: BareDocuments,
): Promise<() => Promise<ObjectId>> {
  const _id = new ObjectId();
  const fresh = (name: string) => (documents.get(name) ?? []).map((document) => ({ ...document, _id: new ObjectId() }));
  const [instances, prompts, [task]] = [fresh('instances'), fresh('prompts'), fresh('tasks')];
  const plans = floor.collection('sample_requests');
  await plans.insertOne({ ...plan, _id, task: _id.toHexString(), state: 'in_progress', active: true });
  return async () => {
    await mongo.withSession((session) =>
      session.withTransaction(async () => {
        const done = { $set: { state: 'done' }, $unset: { active: '' as const } };
        await plans.findOneAndUpdate({ _id }, done, { session });
        await floor.collection('instances').insertMany(instances, { session });
        await floor.collection('prompts').insertMany(prompts, { session });
        await floor.collection('tasks').insertOne({ ...task, _id }, { session });
      }),
    );
    return _id;
  };
}

/** What the first request of the database wrote, by collection. */
export async function documentsOfARequest(db: Db): Promise<Map<string, Document[]>> {
  const task = await db.collection('tasks').findOne({});
  if (task === null) throw new Error('no request was answered yet');
  const found = new Map<string, Document[]>();
  for (const name of COLLECTIONS) {
    const of: Filter<Document> = name === 'tasks' ? { _id: task._id } : { task_id: task._id };
    found.set(name, await db.collection(name).find(of).toArray());
  }
  return found;
}
