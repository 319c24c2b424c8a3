import type { SQSClient } from '@aws-sdk/client-sqs';
import { MongoClient } from 'mongodb';
import { ensureIndexes } from '../../lib/documents/collections.ts';
import { createLocalSqs } from '../../localstack/resources.ts';
import { type DataStack, openDataStack } from './data-stack.ts';

/** Data sets with clients of MongoDB and SQS, and what is asked of MongoDB. */
export interface WatchedStack {
  readonly dataStack: DataStack;
  readonly mongo: MongoClient;
  readonly sqs: SQSClient;
  /** The commands that were sent to MongoDB since they were last cleared. */
  readonly commands: string[];
  /** Empties these collections, and forgets the commands. */
  clear(collections: readonly string[]): Promise<void>;
  dispose(): Promise<void>;
}

/** Opens an empty one. */
export async function openWatchedStack(): Promise<WatchedStack> {
  const dataStack = await openDataStack();
  const commands: string[] = [];
  const mongo = new MongoClient(dataStack.mongodbUri, { monitorCommands: true });
  mongo.on('commandStarted', ({ commandName }) => commands.push(commandName));
  const sqs = createLocalSqs(dataStack.endpoint);
  await ensureIndexes(mongo.db());
  return {
    dataStack,
    mongo,
    sqs,
    commands,
    async clear(collections) {
      for (const name of collections) await mongo.db().collection(name).deleteMany({});
      commands.length = 0;
    },
    async dispose() {
      await mongo.close();
      sqs.destroy();
      await dataStack.dispose();
    },
  };
}
