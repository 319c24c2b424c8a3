import { type Db, MongoClient } from 'mongodb';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { ensureIndexes } from '../../lib/documents/collections.ts';
import { freshStack, type TestStack } from '../helpers/stack.ts';

/** A MongoDB database of a test file's own. */
export interface OwnDatabase {
  readonly mongo: MongoClient;
  readonly db: Db;
  /** Where it is, with its name. */
  readonly uri: string;
}

/** Makes one for the tests of the file that calls this: with the bench's indexes, and empty before each test. */
export function useOwnDatabase(): OwnDatabase {
  let stack: TestStack;
  let mongo: MongoClient;
  beforeAll(async () => {
    stack = await freshStack();
    mongo = new MongoClient(stack.mongodbUri);
    await ensureIndexes(mongo.db());
  });
  beforeEach(async () => {
    for (const name of ['sample_requests', 'tasks', 'instances', 'prompts'])
      await mongo.db().collection(name).deleteMany({});
  });
  afterAll(async () => {
    await mongo.close();
    await stack.dispose();
  });
  return {
    get mongo() {
      return mongo;
    },
    get db() {
      return mongo.db();
    },
    get uri() {
      return stack.mongodbUri;
    },
  };
}
