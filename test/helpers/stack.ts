import { randomBytes } from 'node:crypto';
import { MongoClient } from 'mongodb';
import postgres from 'postgres';
import { inject } from 'vitest';
import type { EmulatorKind } from '../../localstack/emulators.ts';
import type { QueueName } from '../../localstack/names.ts';
import { createResources } from '../../localstack/resources.ts';

/** A part of the running services that a test file has for itself. */
export interface TestStack {
  /** The environment that the functions would have: fresh databases, queues and bucket. */
  readonly env: Record<string, string>;
  /** The stage in the names of its queues and bucket. */
  readonly stage: string;
  readonly endpoint: string;
  readonly postgresUri: string;
  readonly mongodbUri: string;
  /** Drops the databases. Close your own clients before. */
  dispose(): Promise<void>;
}

/** What a test may want otherwise. */
export interface TestStackOptions {
  queues?: EmulatorKind;
  /** In seconds; 30 where not given. */
  visibilityTimeouts?: Partial<Record<QueueName, number>>;
}

/**
 * An empty Postgres database, an empty MongoDB database, and queues and a bucket of an own stage, on the real services
 * of the run (started when first asked for). Call it in `beforeAll`, and `dispose()` in `afterAll`.
 */
export async function freshStack({ queues = 'fauxqs', visibilityTimeouts }: TestStackOptions = {}): Promise<TestStack> {
  const shared = await servicesEnvironment(queues);
  const stage = `t${randomBytes(6).toString('hex')}`;
  const server = required(shared, 'POSTGRES_URI');
  const sql = postgres(server, { max: 1, onnotice: () => {} });
  await sql.unsafe(`create database "${stage}"`);
  await sql.end();
  const postgresUri = withDatabase(server, stage);
  const mongodbUri = withDatabase(required(shared, 'MONGODB_URI'), stage);
  const endpoint = required(shared, 'AWS_ENDPOINT_URL');
  const resources = await createResources(endpoint, stage, visibilityTimeouts);
  return {
    env: { ...shared, ...resources.env, POSTGRES_URI: postgresUri, MONGODB_URI: mongodbUri },
    stage,
    endpoint,
    postgresUri,
    mongodbUri,
    dispose: () => dropDatabases(server, mongodbUri, stage),
  };
}

/** The variable of an environment. Throws when it is missing. */
export function required(env: Record<string, string>, name: string): string {
  const value = env[name];
  if (value === undefined) throw new Error(`the services' environment has no ${name}`);
  return value;
}

async function servicesEnvironment(queues: EmulatorKind): Promise<Record<string, string>> {
  const response = await fetch(`${inject('servicesUrl')}/${queues}`);
  if (!response.ok) throw new Error(`the services could not be started: ${await response.text()}`);
  const env: unknown = await response.json();
  if (typeof env !== 'object' || env === null) throw new Error('the services have no environment');
  return Object.fromEntries(Object.entries(env).map(([name, value]) => [name, String(value)]));
}

function withDatabase(uri: string, name: string): string {
  const url = new URL(uri);
  url.pathname = `/${name}`;
  return url.href;
}

async function dropDatabases(server: string, mongodbUri: string, name: string): Promise<void> {
  const sql = postgres(server, { max: 1, onnotice: () => {} });
  await sql.unsafe(`drop database if exists "${name}" with (force)`);
  await sql.end();
  const mongo = new MongoClient(mongodbUri);
  await mongo.db().dropDatabase();
  await mongo.close();
}
