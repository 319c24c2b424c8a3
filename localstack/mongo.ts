import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { MongoClient, MongoServerError } from 'mongodb';
import { endStaleServer, listens, type ServerProcess, startServer, waitUntilReady } from './processes.ts';

const REPLICA_SET = 'rs0';
const DATABASE = 'sampler';
const START_TIMEOUT_MS = 60_000;
/** `replSetGetStatus` of a server that has never been made part of a set. */
const NOT_YET_INITIALIZED = 94;
const INVALID_REPLICA_SET_CONFIG = 93;

/** A running MongoDB. */
export interface MongoServer {
  readonly process: ServerProcess;
  /** URI of the database `sampler`, for any driver. */
  readonly uri: string;
}

/** What may be otherwise where a MongoDB is started. */
export interface MongoOptions {
  /** Further options of mongod. */
  args?: readonly string[];
  /** What is waited for: that it is primary of its set, or only that it listens, as one that is of no set yet. */
  until?: 'primary' | 'listening';
}

/**
 * Starts MongoDB on the loopback address as a replica set of one (transactions need a set), with its data in
 * `<dir>/mongo`. Throws an Error with the end of the log when it can't.
 */
export async function startMongo(
  dir: string,
  port: number,
  mongod: string,
  { args = [], until = 'primary' }: MongoOptions = {},
): Promise<MongoServer> {
  const data = join(dir, 'mongo');
  const logFile = join(dir, 'logs', 'mongod.log');
  mkdirSync(data, { recursive: true });
  await endStaleMongo(dir);
  const memory = ['--wiredTigerCacheSizeGB', '0.5', '--oplogSize', '64'];
  const server = startServer({
    name: 'MongoDB',
    command: [
      ...[mongod, '--dbpath', data, '--port', String(port), '--bind_ip', '127.0.0.1', '--replSet', REPLICA_SET],
      ...['--nounixsocket', '--quiet', '--setParameter', 'diagnosticDataCollectionEnabled=false', ...memory, ...args],
    ],
    logFile,
    stopSignal: 'TERM',
  });
  const ready = until === 'primary' ? () => becomePrimary(port) : () => listens(port);
  await waitUntilReady(server, logFile, ready, START_TIMEOUT_MS);
  return { process: server, uri: `mongodb://127.0.0.1:${port}/${DATABASE}?replicaSet=${REPLICA_SET}` };
}

/** Makes the server the primary of its set; true once it is. Data of an earlier run may name another port. */
async function becomePrimary(port: number): Promise<boolean> {
  const member = { _id: 0, host: `127.0.0.1:${port}` };
  const options = { directConnection: true, serverSelectionTimeoutMS: 1000 };
  const client = new MongoClient(`mongodb://127.0.0.1:${port}/`, options);
  const admin = client.db('admin');
  try {
    const hello = await admin.command({ hello: 1 });
    if (hello['isWritablePrimary'] === true) return true;
    const code = await statusCode(client);
    if (code === NOT_YET_INITIALIZED) {
      await admin.command({ replSetInitiate: { _id: REPLICA_SET, members: [member] } });
    } else if (code === INVALID_REPLICA_SET_CONFIG) {
      const { config } = await client.db('local').command({ find: 'system.replset', limit: 1 }).then(firstConfig);
      await admin.command({ replSetReconfig: { ...config, members: [member] }, force: true });
    }
    return false;
  } catch {
    return false;
  } finally {
    await client.close();
  }
}

async function statusCode(client: MongoClient): Promise<number> {
  try {
    await client.db('admin').command({ replSetGetStatus: 1 });
    return 0;
  } catch (error) {
    return error instanceof MongoServerError && typeof error.code === 'number' ? error.code : -1;
  }
}

function firstConfig(reply: { cursor?: { firstBatch?: Record<string, unknown>[] } }): {
  config: Record<string, unknown>;
} {
  const config = reply.cursor?.firstBatch?.[0];
  if (config === undefined) throw new Error('MongoDB keeps no configuration of its replica set');
  return { config };
}

/** Ends a MongoDB of an earlier run on this folder, if there is one. */
export async function endStaleMongo(dir: string): Promise<void> {
  const data = join(dir, 'mongo');
  const lock = join(data, 'mongod.lock');
  if (!existsSync(lock)) return;
  const pid = Number.parseInt(readFileSync(lock, 'utf8'), 10);
  if (Number.isInteger(pid)) await endStaleServer(pid, data);
}
