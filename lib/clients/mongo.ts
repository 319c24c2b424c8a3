import {
  MongoClient,
  type MongoClientOptions,
  MongoNetworkError,
  MongoServerSelectionError,
  MongoWriteConcernError,
} from 'mongodb';

/** As for Postgres: one batch at a time needs few connections. */
const MAX_CONNECTIONS = 3;
const IDLE_MS = 60_000;
const CONNECT_MS = 10_000;
/**
 * Ends waits on connections that are dead without saying so. Longer than any of our statements takes, also where one has to
 * wait for the transaction of a process that died: MongoDB drops that after 60 s (transactionLifetimeLimitSeconds).
 */
const SOCKET_MS = 75_000;

/**
 * A client with a small pool; nothing is opened before the first command. `client.db()` is the database that the URI
 * names. Close it with `client.close()`. Throws MongoParseError where the URI is not one.
 */
export function createMongo(uri: string, options: MongoClientOptions = {}): MongoClient {
  return new MongoClient(uri, {
    appName: 'sampler',
    maxPoolSize: MAX_CONNECTIONS,
    maxIdleTimeMS: IDLE_MS,
    serverSelectionTimeoutMS: CONNECT_MS,
    connectTimeoutMS: CONNECT_MS,
    socketTimeoutMS: SOCKET_MS,
    retryWrites: true,
    ...options,
  });
}

/** Whether the error says that MongoDB is out of reach right now, or lost what it was about to confirm. */
export function isMongoUnavailable(error: unknown): error is Error {
  return [MongoNetworkError, MongoServerSelectionError, MongoWriteConcernError].some((kind) => error instanceof kind);
}
