import type { S3Client } from '@aws-sdk/client-s3';
import type { SQSClient } from '@aws-sdk/client-sqs';
import type { MongoClient } from 'mongodb';
import type { Sql } from 'postgres';
import { createS3, createSqs } from './aws.ts';
import { lazy } from './lazy.ts';
import { createMongo } from './mongo.ts';
import { createSql } from './postgres.ts';

/** The clients of one process: each is made when first asked for, and kept for the calls after it. */
export interface Clients {
  sql(): Sql;
  mongo(): MongoClient;
  s3(): S3Client;
  sqs(): SQSClient;
  /** Closes those that were made. Can be called more than once. */
  dispose(): Promise<void>;
}

/** Where the clients connect to; AWS follows the environment. */
export interface ClientAddresses {
  postgresUri: string;
  mongodbUri: string;
}

/** Makes the set of clients of a process; connects nowhere yet. */
export function createClients(addresses: Partial<ClientAddresses>): Clients {
  const sql = lazy(
    () => createSql(given(addresses.postgresUri, 'postgresUri')),
    (client) => client.end({ timeout: 5 }),
  );
  const mongo = lazy(
    () => createMongo(given(addresses.mongodbUri, 'mongodbUri')),
    (client) => client.close(),
  );
  const s3 = lazy(
    () => createS3(),
    (client) => client.destroy(),
  );
  const sqs = lazy(
    () => createSqs(),
    (client) => client.destroy(),
  );
  return {
    sql: sql.get,
    mongo: mongo.get,
    s3: s3.get,
    sqs: sqs.get,
    async dispose() {
      await Promise.all([sql.dispose(), mongo.dispose(), s3.dispose(), sqs.dispose()]);
    },
  };
}

function given(uri: string | undefined, name: string): string {
  if (uri === undefined) throw new Error(`createClients was given no ${name}`);
  return uri;
}
