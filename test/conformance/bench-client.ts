import { setTimeout as sleep } from 'node:timers/promises';
import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { Db, Document } from 'mongodb';
import { dumps } from '../../lib/python/json.ts';
import type { PyDict } from '../../lib/python/value.ts';

/** What a Manager and a Requester do, knowing nothing but the environment: messages in, documents out. */
export interface BenchClient {
  send(queue: 'REGISTER' | 'SAMPLE', message: PyDict): Promise<void>;
  /** The `tasks` documents of an address, once there are that many. Values keep their BSON types. */
  tasks(address: string, count: number): Promise<Document[]>;
}

const PATIENCE_MS = 120_000;

/** A client of the bench. `failure` says why waiting is pointless, if it is. */
export function benchClient(
  env: Record<string, string>,
  sqs: SQSClient,
  db: Db,
  failure: () => string | undefined,
): BenchClient {
  return {
    async send(queue, message) {
      const QueueUrl = env[`${queue}_QUEUE_URL`];
      await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: dumps(message) }));
    },
    async tasks(address, count) {
      const end = Date.now() + PATIENCE_MS;
      for (;;) {
        const found = await db
          .collection('tasks')
          .find({ 'requester_args.address': address }, { promoteValues: false })
          .toArray();
        if (found.length >= count) return found;
        const why = failure();
        if (why !== undefined || Date.now() > end)
          throw new Error(`${found.length} of ${count} tasks for ${address}. ${why ?? 'Waited in vain.'}`);
        await sleep(50);
      }
    },
  };
}

/** A document without what differs from run to run, or is our own addition at the end. */
export function comparable(document: Document, dropped: readonly string[]): Document {
  return Object.fromEntries(Object.entries(document).filter(([key]) => !dropped.includes(key)));
}
