import type { S3Client } from '@aws-sdk/client-s3';
import type { Db, MongoClient } from 'mongodb';
import type { Sql } from 'postgres';
import { createClients } from '../lib/clients/clients.ts';
import { readConfig } from '../lib/config/config.ts';
import { ensureIndexes } from '../lib/documents/collections.ts';
import { Ledger } from '../lib/ledger/ledger.ts';
import { Queue } from '../lib/queue/queue.ts';

/** The stack that the environment names. */
export interface BenchServices {
  readonly sql: Sql;
  readonly mongo: MongoClient;
  readonly db: Db;
  readonly s3: S3Client;
  readonly bucket: string;
  readonly ledger: Ledger;
  readonly shardQueue: Queue;
  readonly timeouts: undefined;
  dispose(): Promise<void>;
}

/** Opens what the functions open. The environment is that of a running stack. */
export async function openServices(): Promise<BenchServices> {
  const config = readConfig(process.env, ['postgresUri', 'mongodbUri', 'datasetsBucket', 'shardQueueUrl']);
  const clients = createClients(config);
  const mongo = clients.mongo();
  const db = mongo.db();
  await ensureIndexes(db);
  return {
    sql: clients.sql(),
    mongo,
    db,
    s3: clients.s3(),
    bucket: config.datasetsBucket,
    ledger: new Ledger(db, 600_000),
    shardQueue: new Queue(clients.sqs(), config.shardQueueUrl),
    timeouts: undefined,
    dispose: () => clients.dispose(),
  };
}

/** The middle of the values. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
