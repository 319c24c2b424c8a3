import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Emulator, type EmulatorKind, startLocalstackEmulator } from './emulators.ts';
import { startFauxqsEmulator } from './fauxqs.ts';
import { endStaleMongo, type MongoServer, startMongo } from './mongo.ts';
import { LOCAL_REGION, LOCAL_STAGE, type QueueName } from './names.ts';
import { endStalePostgres, type PostgresServer, startPostgres } from './postgres.ts';
import { choosePort } from './processes.ts';
import type { QueueCalls } from './queue-calls.ts';
import { createResources, emulatorAccess } from './resources.ts';

const ROOT = join(import.meta.dirname, '..');
/** Where the set-up puts a MongoDB server. */
export const MONGOD = join(ROOT, '.cache', 'mongod', 'mongod');
/** The Python of LocalStack's environment, as the set-up makes it. */
export const LOCALSTACK_PYTHON = join(ROOT, '.cache', 'localstack', 'bin', 'python');

/** The ports of the stack. */
export interface Ports {
  postgres: number;
  mongo: number;
  aws: number;
}

/** How to start a stack. */
export interface StackOptions {
  /** Absolute path of the folder that keeps its data and logs. */
  dir: string;
  /** Ports wanted; others are those of the last run in `dir`, or free ones. */
  ports?: Partial<Ports>;
  /** The emulator of SQS and S3. */
  queues: EmulatorKind;
  /** Starts with an empty `dir`. */
  fresh?: boolean;
  stage?: string;
  /** Visibility timeouts of the queues in seconds. */
  visibilityTimeouts?: Partial<Record<QueueName, number>>;
}

/** A running stack. */
export interface Stack {
  /** The variables of NAME-3, with AWS_ENDPOINT_URL, AWS_REGION and dummy keys. */
  readonly env: Record<string, string>;
  readonly ports: Ports;
  /** The calls of its queues without a connection, where their emulator runs in this process. */
  readonly queues?: QueueCalls;
  /** Resolves with a server's name and exit code if one ends by itself. */
  readonly broken: Promise<string>;
  /** Ends all servers; their data stays. Can be called more than once. */
  stop(): Promise<void>;
}

/**
 * Starts Postgres, MongoDB (a replica set of one) and an emulator of SQS and S3, all on the loopback address, and makes
 * the queues and the bucket. Throws an Error that says which server could not start and why; the others are stopped.
 */
export async function startStack(options: StackOptions): Promise<Stack> {
  const { dir, stage = LOCAL_STAGE } = options;
  if (options.fresh === true) await empty(dir);
  mkdirSync(dir, { recursive: true });
  const ports = await choosePorts(dir, options.ports ?? {});
  const servers = await startAll(dir, ports, options.queues);
  const stop = once(() => stopAll(servers));
  try {
    const endpoint = servers.emulator.endpoint;
    const resources = await createResources(endpoint, stage, options.visibilityTimeouts);
    const env = {
      ...resources.env,
      POSTGRES_URI: servers.postgres.uri,
      MONGODB_URI: servers.mongo.uri,
      LOG_LEVEL: 'INFO',
      ...awsEnvironment(endpoint),
    };
    const { queues } = servers.emulator;
    return { env, ports, ...(queues === undefined ? {} : { queues }), stop, broken: firstEnd(servers) };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The variables with which any AWS SDK talks to an emulator. */
export function awsEnvironment(endpoint: string): Record<string, string> {
  const { accessKeyId, secretAccessKey } = emulatorAccess(endpoint).credentials;
  return {
    AWS_ENDPOINT_URL: endpoint,
    AWS_REGION: LOCAL_REGION,
    AWS_DEFAULT_REGION: LOCAL_REGION,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
  };
}

/** Empties the folder of a stack; servers that still run on it are ended before. */
async function empty(dir: string): Promise<void> {
  await Promise.all([endStalePostgres(dir), endStaleMongo(dir)]);
  rmSync(dir, { recursive: true, force: true });
}

interface Servers {
  postgres: PostgresServer;
  mongo: MongoServer;
  emulator: Emulator;
}

async function startAll(dir: string, ports: Ports, kind: EmulatorKind): Promise<Servers> {
  const starting = {
    postgres: startPostgres(dir, ports.postgres),
    mongo: startMongo(dir, ports.mongo, process.env['MONGOMS_SYSTEM_BINARY'] || MONGOD),
    emulator:
      kind === 'fauxqs'
        ? startFauxqsEmulator(dir, ports.aws)
        : startLocalstackEmulator(dir, ports.aws, LOCALSTACK_PYTHON),
  };
  const [postgres, mongo, emulator] = await Promise.allSettled([starting.postgres, starting.mongo, starting.emulator]);
  if (postgres.status === 'fulfilled' && mongo.status === 'fulfilled' && emulator.status === 'fulfilled') {
    return { postgres: postgres.value, mongo: mongo.value, emulator: emulator.value };
  }
  await stopAll({
    ...(postgres.status === 'fulfilled' ? { postgres: postgres.value } : {}),
    ...(mongo.status === 'fulfilled' ? { mongo: mongo.value } : {}),
    ...(emulator.status === 'fulfilled' ? { emulator: emulator.value } : {}),
  });
  const reason: unknown = [postgres, mongo, emulator].find((result) => result.status === 'rejected')?.reason;
  const message = reason instanceof Error ? reason.message : String(reason);
  throw new Error([message, ...whatToDo(message, dir)].join('\n'), { cause: reason });
}

/** What helps where a server does not start: mostly its data is to blame, as after a full disk or a kill of the machine. */
function whatToDo(message: string, dir: string): string[] {
  if (/no space left|ENOSPC/i.test(message)) return ['What to do: the disk is full; make room, then start again.'];
  if (message.includes('What to do:')) return [];
  return [
    `What to do: start again. If that does not help, the data in ${dir} is damaged; to start with empty databases, queues and bucket: npm start -- --fresh`,
  ];
}

async function stopAll({ postgres, mongo, emulator }: Partial<Servers>): Promise<void> {
  await Promise.all([postgres?.process.stop(), mongo?.process.stop(), emulator?.stop()]);
}

function firstEnd({ postgres, mongo, emulator }: Servers): Promise<string> {
  const told = (name: string, ended: Promise<number>) => ended.then((code) => `${name} ended with code ${code}`);
  return Promise.race([
    told('Postgres', postgres.process.ended),
    told('MongoDB', mongo.process.ended),
    told('the emulator of SQS and S3', emulator.ended),
  ]);
}

/** Ports stay the same from run to run where they are free, so that clients with an old `.local/env` find the stack. */
async function choosePorts(dir: string, wanted: Partial<Ports>): Promise<Ports> {
  const file = join(dir, 'ports.json');
  const last = readPorts(file);
  const ports = {
    postgres: await wantedOrFree('postgres', wanted.postgres, last.postgres),
    mongo: await wantedOrFree('mongo', wanted.mongo, last.mongo),
    aws: await wantedOrFree('aws', wanted.aws, last.aws),
  };
  writeFileSync(file, JSON.stringify(ports));
  return ports;
}

async function wantedOrFree(name: string, wanted: number | undefined, last: number | undefined): Promise<number> {
  const port = await choosePort(wanted ?? last);
  if (wanted !== undefined && port !== wanted) {
    throw new Error(`port ${wanted} (${name}) is taken. What to do: name another, or none to take a free one.`);
  }
  return port;
}

function readPorts(file: string): Partial<Ports> {
  try {
    const found: Record<string, unknown> = JSON.parse(readFileSync(file, 'utf8'));
    const port = (value: unknown) => (typeof value === 'number' ? value : undefined);
    const { postgres, mongo, aws } = found;
    return Object.fromEntries(
      Object.entries({ postgres: port(postgres), mongo: port(mongo), aws: port(aws) }).filter(([, value]) => value),
    );
  } catch {
    return {};
  }
}

function once<T>(work: () => Promise<T>): () => Promise<T> {
  let result: Promise<T> | undefined;
  return () => {
    result ??= work();
    return result;
  };
}
