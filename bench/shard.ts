import { existsSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { loadEnvFile } from 'node:process';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { type Document, ObjectId } from 'mongodb';
import type { TaskEntry } from '../lib/catalogue/entry.ts';
import { createClients } from '../lib/clients/clients.ts';
import { readConfig } from '../lib/config/config.ts';
import { registerDataset } from '../lib/datasets/load.ts';
import { S3ObjectSource } from '../lib/datasets/object-source.ts';
import { Logger } from '../lib/log/log.ts';
import { encodePlan, type Plan } from '../lib/plan/plan.ts';
import { shardMessages } from '../lib/plan/shards.ts';
import { Queue } from '../lib/queue/queue.ts';
import { renderShard } from '../lib/shard/shard.ts';
import { benchCollections, ensureIndexes } from '../lib/work/collections.ts';
import { Ledger } from '../lib/work/ledger.ts';

/**
 * How fast one shard is read, rendered and written, beside a bare insertMany of the same documents into the same
 * collections; the two take turns. Needs the environment of a running stack (`npm start`, or .local/env).
 *
 *   node bench/shard.ts [documents]
 */
const DOCS = Number(process.argv[2] ?? 1000);
const ROUNDS = 7;
const TASK = 'bench_shard';
const ENV = join(import.meta.dirname, '..', '.local', 'env');

if (process.env['DATASETS_BUCKET'] === undefined && existsSync(ENV)) loadEnvFile(ENV);
const config = readConfig(process.env, ['postgresUri', 'mongodbUri', 'datasetsBucket', 'shardQueueUrl']);
const clients = createClients(config);
const mongo = clients.mongo();
const db = mongo.db();
const ledger = new Ledger(db, 600_000);
const collections = benchCollections(db);
const log = new Logger('error');
const services = {
  sql: clients.sql(),
  mongo,
  db,
  ledger,
  shardQueue: new Queue(clients.sqs(), config.shardQueueUrl),
  timeouts: undefined,
};

await ensureIndexes(db);
await registerOwn();
console.log(`${DOCS} documents with 5 worked examples each, one shard; load ${loadavg()[0]?.toFixed(1)}`);
const ratios: number[] = [];
const rates: number[] = [];
for (let round = 0; round <= ROUNDS; round++) {
  const id = new ObjectId();
  const product = await timeShard(id);
  const bare = await timeBare(id);
  // The first round warms up.
  if (round === 0) continue;
  ratios.push(product / bare);
  rates.push(DOCS / (product / 1000));
  console.log(
    `shard ${product.toFixed(0)} ms, bare insertMany ${bare.toFixed(0)} ms, ratio ${(product / bare).toFixed(2)}`,
  );
}
const { rss } = process.memoryUsage();
console.log(
  `median: ${median(rates).toFixed(0)} documents/s, ratio ${median(ratios).toFixed(2)}; memory ${(rss / 1e6).toFixed(0)} MB`,
);
await clients.dispose();

/** Milliseconds from a recorded plan to its `tasks` document. */
async function timeShard(id: ObjectId): Promise<number> {
  const docIds = `${DOCS}-${2 * DOCS - 1}`;
  const plan = encodePlan(planOf());
  const request = {
    request_id: id.toHexString(),
    framework: 'lmeh',
    task: TASK,
    address: id.toHexString(),
    service: 's',
  };
  await ledger.begin({ _id: id, ...request, shards: 1, shard_size: DOCS, plan, doc_ids: docIds });
  const [message] = shardMessages(id.toHexString(), docIds, DOCS);
  if (!message) throw new Error('the plan has no shard');
  const started = performance.now();
  await renderShard(services, message, { redriven: false, log });
  return performance.now() - started;
}

/** Milliseconds of writing the same documents again, as they are, after removing them. */
async function timeBare(id: ObjectId): Promise<number> {
  const instances = await take('instances', id);
  const prompts = await take('prompts', id);
  const started = performance.now();
  await Promise.all([collections.instances.insertMany(instances), collections.prompts.insertMany(prompts)]);
  const took = performance.now() - started;
  await take('instances', id);
  await take('prompts', id);
  return took;
}

async function take(name: 'instances' | 'prompts', id: ObjectId): Promise<Document[]> {
  const found = await collections[name].find({ task_id: id }).toArray();
  await collections[name].deleteMany({ task_id: id });
  return found;
}

function planOf(): Plan {
  return {
    task: TASK,
    resolvedTask: TASK,
    requestType: 'generate_until',
    numFewshot: 5,
    repeats: 1,
    docCount: DOCS,
    seed: 1n,
    evalSplit: 'test',
    entry: entry(),
    message: {
      framework: 'lmeh',
      requesterArgs: new Map([
        ['address', 'bench'],
        ['service', 's'],
      ]),
      blacklist: [],
      llmArgs: new Map(),
      numFewshot: 5,
      genKwargs: null,
      bootstrapIters: 1,
      systemInstruction: null,
      applyChatTemplate: true,
      fewshotAsMultiturn: true,
      confirmRunUnsafeCode: false,
    },
  };
}

function entry(): TaskEntry {
  const settings = {
    task: TASK,
    dataset_path: TASK,
    training_split: 'train',
    test_split: 'test',
    fewshot_split: 'train',
    output_type: 'generate_until',
    doc_to_text: 'Q: {{question}}\nA:',
    doc_to_target: '{{answer}}',
  };
  return { name: TASK, yaml: '', config: new Map(Object.entries(settings)), problem: null };
}

async function registerOwn(): Promise<void> {
  const texts = Array.from(
    { length: DOCS },
    (_, i) => `How many are ${i} and ${i + 1}? ${'Think about it. '.repeat(15)}`,
  );
  const columnData = [
    { name: 'question', data: texts },
    { name: 'answer', data: texts.map((_, i) => `They are ${2 * i + 1}. ${'So it is. '.repeat(20)}`) },
  ];
  const s3 = clients.s3();
  for (const split of ['train', 'test']) {
    const Key = `datasets/${TASK}/default/${split}/0000.parquet`;
    const Body = new Uint8Array(parquetWriteBuffer({ columnData }));
    await s3.send(new PutObjectCommand({ Bucket: config.datasetsBucket, Key, Body }));
  }
  const sql = clients.sql();
  await sql.unsafe(`drop table if exists "${TASK}"`);
  await sql`delete from task_registry where task_name = ${TASK}`.catch(() => []);
  const source = new S3ObjectSource(s3, config.datasetsBucket);
  await registerDataset({ sql, source, datasetPath: TASK, datasetName: null, taskName: TASK, log });
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
