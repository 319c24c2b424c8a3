import {
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  DeleteQueueCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { type Db, type Document, type Filter, ObjectId } from 'mongodb';
import { ensureIndexes } from '../lib/documents/collections.ts';
import { cpuEach, readCpu } from './processes.ts';
import type { BenchServices } from './services.ts';
import { messageOf } from './small-messages.ts';

const MESSAGES = 2000;
const REQUESTS = 1000;
const ENTRIES = 10;
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
      const Entries = [{ Id: '0', MessageBody: messageOf('floor', n) }];
      await sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries }));
    }
  });
  const taken = await measured('stack', MESSAGES, async () => {
    for (let left = MESSAGES; left > 0; ) {
      const command = new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: ENTRIES, WaitTimeSeconds: 1 });
      const { Messages = [] } = await sqs.send(command);
      left -= Messages.length;
      if (Messages.length > 0) await sqs.send(deletion(QueueUrl, Messages));
    }
  });
  await sqs.send(new DeleteQueueCommand({ QueueUrl }));
  return (
    `one message with the SDK alone: sent by itself ${sent.own} ms of CPU and ${sent.server} of the stack, ` +
    `taken and deleted ten at a time ${taken.own} and ${taken.server}`
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
  const { own, server } = await measured('mongodb', REQUESTS, async () => {
    for (let n = 0; n < REQUESTS; n++) {
      for (const [name, documents] of one) {
        const copies = documents.map((document) => ({ ...document, _id: new ObjectId() }));
        await floor.collection(name).insertMany(copies);
      }
    }
  });
  await floor.dropDatabase();
  const documents = [...one.values()].flat().length;
  return `the ${documents} documents of a request by an insertMany each, and nothing else: ${own} ms of CPU and ${server} of MongoDB`;
}

async function documentsOfARequest(db: Db): Promise<Map<string, Document[]>> {
  const task = await db.collection('tasks').findOne({});
  if (task === null) throw new Error('no request was answered yet');
  const found = new Map<string, Document[]>();
  for (const name of COLLECTIONS) {
    const of: Filter<Document> = name === 'tasks' ? { _id: task._id } : { task_id: task._id };
    found.set(name, await db.collection(name).find(of).toArray());
  }
  return found;
}
