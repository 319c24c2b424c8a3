import {
  CreateQueueCommand,
  DeleteQueueCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import type { Document } from 'mongodb';
import { createSqs } from '../lib/clients/aws.ts';
import { ensureIndexes } from '../lib/documents/collections.ts';
import type { BenchServices } from './services.ts';
import { bareRequest, documentsOfARequest } from './small-floors.ts';

/** Milliseconds that each step of a request took, by its name. */
export type Steps = ReadonlyMap<string, number>;

/** The steps of a request that are not work of ours, in turn; the floor has no others. */
export const STEP = {
  toSample: 'the message, until `sample` has it',
  postgres: 'Postgres: which table',
  plan: 'MongoDB: the plan',
  toShard: "the shard's message, until `shard` has it",
  rows: 'Postgres: rows',
  write: 'MongoDB: the transaction',
  seen: 'the task, until it is seen',
} as const;

/** A queue of the floor's own, which one call waits on. */
interface Way {
  readonly url: string;
  /** Sends a text and resolves when it has been received. */
  pass(body: string): Promise<void>;
}

/**
 * The least that a request can take here: its messages, statements and commands, one after the other, by the clients and nothing else. It
 * writes what the first request of the database wrote, to a database of its own.
 * @param look how a task is looked for until it is there
 */
export async function openFloor(
  { sql, mongo, db }: BenchServices,
  task: string,
  look: (find: () => Promise<Document | null>) => Promise<Document>,
) {
  const floor = mongo.db(`${db.databaseName}_floor`);
  await ensureIndexes(floor);
  const documents = await documentsOfARequest(db);
  const plan = await db.collection('sample_requests').findOne({ plan: { $exists: true } });
  const [sender, receiver] = [createSqs(), createSqs()];
  const ways = [await openWay(sender, receiver, 'sample'), await openWay(sender, receiver, 'shard')] as const;
  const body = JSON.stringify({
    framework: 'lmeh',
    tasks: task,
    requester_args: { address: 'a', service: 's' },
    qty: 15,
  });

  async function request(): Promise<Steps> {
    const steps = new Map<string, number>();
    let last = performance.now();
    const step = (name: string) => {
      const now = performance.now();
      steps.set(name, now - last);
      last = now;
    };
    last = performance.now();
    await ways[0].pass(body);
    step(STEP.toSample);
    await sql.unsafe(
      `SELECT c.oid::text, obj_description(c.oid, 'pg_class') FROM task_registry r JOIN pg_class c
      ON c.oid = to_regclass(quote_ident(r.dataset_table_name)) WHERE r.task_name = '${task}'`,
    );
    step(STEP.postgres);
    const write = await bareRequest(mongo, floor, { plan, documents });
    step(STEP.plan);
    await ways[1].pass(JSON.stringify({ plan: '0'.repeat(24), shard: 0, offset: 0, docs: '0-14' }));
    step(STEP.toShard);
    const _id = await write();
    step(STEP.write);
    await look(() => floor.collection('tasks').findOne({ _id }));
    step(STEP.seen);
    return steps;
  }

  return {
    request,
    async close(): Promise<void> {
      for (const { url } of ways) await sender.send(new DeleteQueueCommand({ QueueUrl: url }));
      await floor.dropDatabase();
      sender.destroy();
      receiver.destroy();
    },
  };
}

async function openWay(sender: SQSClient, receiver: SQSClient, name: string): Promise<Way> {
  const { QueueUrl = '' } = await sender.send(
    new CreateQueueCommand({ QueueName: `bench-latency-${name}-${process.pid}` }),
  );
  return {
    url: QueueUrl,
    async pass(body) {
      const received = receiver.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 20 }));
      await sender.send(new SendMessageCommand({ QueueUrl, MessageBody: body }));
      const { Messages = [] } = await received;
      if (Messages.length === 0) throw new Error('a message did not come');
    },
  };
}
