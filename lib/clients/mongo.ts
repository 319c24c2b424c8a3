import { MongoClient, type MongoClientOptions } from 'mongodb';
import { PermanentError } from '../errors/errors.ts';
import { redact } from '../log/redact.ts';
import { WAITS } from './waits.ts';

/** As for Postgres: two messages at a time need few connections, and wait for each other's portions. */
const MAX_CONNECTIONS = 3;
const IDLE_MS = 60_000;

/**
 * A client with a small pool; nothing is opened before the first command. `client.db()` is the database that the URI
 * names. Close it with `client.close()`. It survives every outage, also one at its first contact.
 * @throws PermanentError Configuration where the driver does not take the URI's options together.
 */
export function createMongo(uri: string, options: MongoClientOptions = {}): MongoClient {
  return explained(
    () =>
      new RecoveringClient(uri, {
        appName: 'sampler',
        maxPoolSize: MAX_CONNECTIONS,
        maxIdleTimeMS: IDLE_MS,
        serverSelectionTimeoutMS: WAITS.mongoConnect,
        connectTimeoutMS: WAITS.mongoConnect,
        socketTimeoutMS: WAITS.mongoAnswer,
        waitQueueTimeoutMS: WAITS.mongoQueue,
        retryWrites: true,
        ...options,
      }),
  );
}

function explained(make: () => MongoClient): MongoClient {
  try {
    return make();
  } catch (error) {
    // Without the error itself: whoever prints it prints all that is in it.
    const why = redact(error instanceof Error ? error.message : String(error));
    throw new PermanentError('Configuration', `MongoDB's driver does not take the address: ${why}.`);
  }
}

/**
 * The driver's own client is lost for good where its first contact fails: it keeps what it had closed then, and every later
 * command finds "Topology is closed". This one lets go of it, so that the next command connects again.
 */
class RecoveringClient extends MongoClient {
  override async connect(): Promise<this> {
    try {
      return await super.connect();
    } catch (error) {
      // Another command may have begun to connect again already; what that one has is left alone.
      if (isClosed(Reflect.get(this, 'topology'))) Reflect.set(this, 'topology', undefined);
      throw error;
    }
  }
}

function isClosed(topology: unknown): boolean {
  if (typeof topology !== 'object' || topology === null) return false;
  if (!('isDestroyed' in topology) || typeof topology.isDestroyed !== 'function') return false;
  return topology.isDestroyed() === true;
}
