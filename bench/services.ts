import type { S3Client } from '@aws-sdk/client-s3';
import { type Db, type MongoClient, ObjectId } from 'mongodb';
import type { Sql } from 'postgres';
import { createClients } from '../lib/clients/clients.ts';
import { readConfig } from '../lib/config/config.ts';
import { benchCollections, ensureIndexes } from '../lib/documents/collections.ts';
import { Ledger } from '../lib/ledger/ledger.ts';
import type { ShardMessage } from '../lib/messages/shard.ts';
import { shardCount, shardMessages } from '../lib/plan/shards.ts';
import { Queue } from '../lib/queue/queue.ts';
import type { BenchTask } from './questions.ts';

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

/** Records a plan for a task's first documents; gives its id and the messages of its shards, which are sent to nobody. */
export async function planned(
  { ledger }: BenchServices,
  task: BenchTask,
  documents: number,
  shardSize: number,
): Promise<{ id: ObjectId; shards: ShardMessage[] }> {
  const id = new ObjectId();
  const name = id.toHexString();
  const doc_ids = `${task.firstId}-${task.firstId + documents - 1}`;
  await ledger.begin({
    _id: id,
    request_id: name,
    framework: 'lmeh',
    task: task.name,
    address: name,
    service: 's',
    shards: shardCount(documents, shardSize),
    shard_size: shardSize,
    plan: task.plan(documents),
    doc_ids,
  });
  return { id, shards: shardMessages(name, doc_ids, shardSize) };
}

/** Removes all that was written for a plan. */
export async function remove({ db }: BenchServices, id: ObjectId): Promise<void> {
  const { tasks, instances, prompts } = benchCollections(db);
  await Promise.all([
    tasks.deleteOne({ _id: id }),
    instances.deleteMany({ task_id: id }),
    prompts.deleteMany({ task_id: id }),
    db.collection('sample_requests').deleteOne({ _id: id }),
  ]);
}

/** The middle of the values. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
