import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SQS } from '@aws-sdk/client-sqs';
import { type Db, MongoClient, type ObjectId } from 'mongodb';
import type { Sql } from 'postgres';
import { inject } from 'vitest';
import { Bucket } from '../../lib/bucket/bucket.ts';
import { type Catalogue, openCatalogue } from '../../lib/catalogue/catalogue.ts';
import { createSql } from '../../lib/clients/postgres.ts';
import { ensureIndexes } from '../../lib/documents/collections.ts';
import { planId } from '../../lib/documents/ids.ts';
import { Ledger } from '../../lib/ledger/ledger.ts';
import type { PlanRecord } from '../../lib/ledger/records.ts';
import { Logger } from '../../lib/log/log.ts';
import { parseMessage } from '../../lib/messages/parse.ts';
import { type SampleMessage, sampleMessage } from '../../lib/messages/sample.ts';
import { shardMessage } from '../../lib/messages/shard.ts';
import { Queue } from '../../lib/queue/queue.ts';
import { registerTasks } from '../../lib/register/register.ts';
import { sampleRequest } from '../../lib/sample/sample.ts';
import { renderShard } from '../../lib/shard/shard.ts';
import { bundleFunctions } from '../../localstack/bundle.ts';
import { createLocalS3, createLocalSqs } from '../../localstack/resources.ts';
import { readServiceFile } from '../../localstack/service-file.ts';
import { freshStack, required } from '../helpers/stack.ts';
import { ASKED, CHOSEN, INCLUDE, stageOwnTasks, TASKS } from './own-tasks.ts';
import { countMessages, identified, type Outgoing, redrive, sendAll, takeAll } from './queues.ts';
import { type Servers, startServers } from './servers.ts';
import { compare, countLeftOver, type Verdict } from './verdict.ts';
import { Workers } from './workers.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const LEASE_MS = 3_600_000;
const SHARD_SIZE = 5;
const PATIENCE_MS = 90_000;
/** As short as SQS allows: what a killed process had in hand comes back soon. */
export const VISIBILITY = { sample: 1, shard: 1 };

/** A sample request of the suite. */
export interface Request {
  readonly id: string;
  readonly plan: ObjectId;
  readonly message: Outgoing;
  readonly parsed: SampleMessage;
}

/** What may be otherwise where a request is planned. */
interface Planning {
  readonly db?: Db;
  readonly createdAt?: Date;
  readonly queueUrl?: string;
  readonly shardSize?: number;
  readonly leaseMs?: number;
}

/** The service on real servers, and what the faults need of it. */
export class Scene {
  readonly servers: Servers;
  readonly env: Record<string, string>;
  readonly workers: Workers;
  readonly sqs: SQS;
  readonly mongo: MongoClient;
  readonly db: Db;
  readonly sql: Sql;
  readonly sampleUrl: string;
  readonly shardUrl: string;
  readonly log = new Logger('error', {}, (line) => this.workers.lines.push(line));
  readonly #catalogue: Catalogue;
  readonly #close: () => Promise<void>;
  #requests = 0;

  constructor(parts: {
    servers: Servers;
    env: Record<string, string>;
    workers: Workers;
    mongo: MongoClient;
    sql: Sql;
    catalogue: Catalogue;
    sqs: SQS;
    close: () => Promise<void>;
  }) {
    this.servers = parts.servers;
    this.env = parts.env;
    this.workers = parts.workers;
    this.sqs = parts.sqs;
    this.mongo = parts.mongo;
    this.db = parts.mongo.db();
    this.sql = parts.sql;
    this.#catalogue = parts.catalogue;
    this.#close = parts.close;
    this.sampleUrl = required(parts.env, 'SAMPLE_QUEUE_URL');
    this.shardUrl = required(parts.env, 'SHARD_QUEUE_URL');
  }

  /** The database of undisturbed runs. */
  get undisturbed(): Db {
    return this.mongo.db('undisturbed');
  }

  /** A request of its own kind for so many documents; every other one asks for log-likelihoods. */
  request(qty: number, options: { id?: string; address?: string } = {}): Request {
    const n = this.#requests++;
    const { id = `request-${n}`, address = `address-${n}` } = options;
    const fields = this.bodyOf({ qty, address, service: 'faults', number: n });
    const task = String(fields['tasks']);
    const body = JSON.stringify({ ...fields, seed: n });
    const parsed = parseMessage('sample', sampleMessage, body);
    return { id, plan: planId(id, task), message: identified(id, body), parsed };
  }

  /** The body of a request; every other one asks for log-likelihoods. */
  bodyOf(asked: { qty: number; address: string; service: string; number: number }): Record<string, unknown> {
    const { qty, address, service, number } = asked;
    const task = number % 2 === 0 ? ASKED : CHOSEN;
    const path = task === CHOSEN ? { path: '/v1/completions' } : {};
    return {
      framework: 'lmeh',
      tasks: task,
      include_path: INCLUDE,
      requester_args: { address, service, ...path },
      qty,
    };
  }

  /** Another request of the same kind. */
  rival({ id, parsed, message }: Request): Request {
    const other = `${id}-rival`;
    return { id: other, plan: planId(other, parsed.tasks), message: identified(other, message.body), parsed };
  }

  /** Sends requests to the function `sample`, over the queue. */
  async send(requests: readonly Request[]): Promise<void> {
    await sendAll(
      this.sqs,
      this.sampleUrl,
      requests.map(({ message }) => message),
    );
  }

  /** Plans a request here, as the function `sample` does; its shards go to the queue. */
  async plan(request: Request, options: Planning = {}): Promise<void> {
    const { db = this.db, createdAt, queueUrl = this.shardUrl, shardSize = SHARD_SIZE, leaseMs = LEASE_MS } = options;
    const ledger = new Ledger(db, leaseMs, createdAt && (() => createdAt));
    const shardQueue = new Queue(this.sqs, queueUrl);
    const services = { sql: this.sql, catalogue: async () => this.#catalogue, ledger, shardQueue, shardSize };
    const identity = {
      requestId: request.id,
      redriven: false,
      seed: request.parsed.seed ?? 0n,
      bytes: 1000,
      log: this.log,
    };
    await sampleRequest(services, request.parsed, identity);
  }

  record(plan: ObjectId): Promise<PlanRecord | null> {
    return new Ledger(this.db, LEASE_MS).findWhole(plan);
  }

  /** The one record of a request's kind. */
  async recordOf({ parsed }: Request): Promise<PlanRecord> {
    const { address } = parsed.requester_args;
    const [record, ...others] = await this.db.collection<PlanRecord>('sample_requests').find({ address }).toArray();
    if (!record || others.length > 0) throw new Error(`${address} has not one record but ${others.length + 1}`);
    return record;
  }

  /**
   * Waits until `look` says so, past failures of a database that is down. What lies in the dead-letter queues is sent back
   * meanwhile, unless told otherwise.
   */
  async until(what: string, look: () => Promise<boolean>, redriving = true): Promise<void> {
    const end = Date.now() + PATIENCE_MS;
    for (let round = 1; !(await look().catch(() => false)); round++) {
      if (Date.now() > end) {
        throw new Error(
          `Waited in vain until ${what}. The last that the processes said:\n${this.workers.lines.slice(-15).join('\n')}`,
        );
      }
      await sleep(50);
      if (redriving && round % 20 === 0) await this.redriveAll();
    }
  }

  /** Sends back what SQS put into the dead-letter queues after too many deliveries, as an operator does. */
  async redriveAll(): Promise<void> {
    await Promise.all([redrive(this.sqs, this.sampleUrl), redrive(this.sqs, this.shardUrl)]);
  }

  /** MongoDB's address by way of a wire; what the set says of its members would lead past it. */
  mongoUriAt(port: number): string {
    return `mongodb://127.0.0.1:${port}/${this.db.databaseName}?directConnection=true`;
  }

  postgresUriAt(port: number): string {
    const uri = new URL(this.servers.postgresUri);
    uri.port = String(port);
    return uri.href;
  }

  /** Waits until the requests are answered and every message that was sent for them, copies too, was worked on. */
  async untilDone(requests: readonly Request[]): Promise<void> {
    const plans = requests.map(({ plan }) => plan);
    await this.until(`${plans.length} tasks are there`, async () => {
      return (await this.db.collection('tasks').countDocuments({ _id: { $in: plans } })) === plans.length;
    });
    await this.untilQuiet();
  }

  /** Waits until the queues are empty. */
  async untilQuiet(): Promise<void> {
    const queues = [this.sampleUrl, this.shardUrl].flatMap((url) => [url, `${url}-dlq`]);
    await this.until('the queues are empty', async () => {
      const counts = await Promise.all(queues.map((url) => countMessages(this.sqs, url)));
      return counts.every((count) => count === 0);
    });
  }

  /** Gives documents a value that their template can't work with. */
  async spoilRows(docIds: readonly number[]): Promise<void> {
    const table = await this.#table();
    await this.sql`update ${this.sql(table)} set weight = -1 - weight where __id in ${this.sql([...docIds])}`;
  }

  /** Gives them their values back. */
  async mendRows(): Promise<void> {
    const table = await this.#table();
    await this.sql`update ${this.sql(table)} set weight = -1 - weight where weight < 0`;
  }

  async #table(): Promise<string> {
    const [row] = await this.sql`select dataset_table_name from task_registry where task_name = ${ASKED}`;
    return String(row?.['dataset_table_name']);
  }

  /** Runs the requests again, undisturbed and each in one shard, and compares. */
  async judge(fault: string, tried: number, requests: readonly Request[]): Promise<Verdict> {
    await this.#runUndisturbed(requests);
    const plans = requests.map(({ plan }) => plan);
    const leftOver = await countLeftOver(this.db);
    return { fault, tried, ...(await compare(this.db, this.undisturbed, plans)), leftOver };
  }

  async #runUndisturbed(requests: readonly Request[]): Promise<void> {
    const [db, queueUrl] = [this.undisturbed, required(this.env, 'REGISTER_QUEUE_URL')];
    const planAgain = async (request: Request) => {
      const record = await this.record(request.plan);
      if (!record) throw new Error(`there is no record of ${request.id}`);
      await this.plan(request, { db, createdAt: record.creation_date, queueUrl, shardSize: 1000 });
    };
    await Promise.all(requests.map(planAgain));
    const ledger = new Ledger(db, LEASE_MS);
    const shardQueue = new Queue(this.sqs, queueUrl);
    const services = { sql: this.sql, mongo: this.mongo, db, ledger, shardQueue, timeouts: undefined };
    for (const { body } of await takeAll(this.sqs, queueUrl)) {
      await renderShard(services, parseMessage('shard', shardMessage, body), { redriven: false, log: this.log });
    }
  }

  async dispose(): Promise<void> {
    await this.workers.stopAll();
    await this.#close();
  }
}

/**
 * Starts everything: queues on LocalStack where it is installed (FAULTS_QUEUES=fauxqs takes the faster ones of the local stack),
 * databases of the suite's own, the functions' bundles.
 */
export async function openScene(): Promise<Scene> {
  const queues = inject('hasLocalstack') && process.env['FAULTS_QUEUES'] !== 'fauxqs' ? 'localstack' : 'fauxqs';
  const [stack, servers] = await Promise.all([freshStack({ queues, visibilityTimeouts: VISIBILITY }), startServers()]);
  const { mongodbUri, postgresUri } = servers;
  const env = {
    ...stack.env,
    MONGODB_URI: mongodbUri,
    POSTGRES_URI: postgresUri,
    SHARD_SIZE: String(SHARD_SIZE),
    LOG_LEVEL: 'WARN',
    // Processes start often here: what V8 compiled is kept for the next one.
    NODE_COMPILE_CACHE: join(servers.dir, 'compiled'),
  };
  const s3 = createLocalS3(stack.endpoint);
  const sqs = createLocalSqs(stack.endpoint);
  const mongo = new MongoClient(mongodbUri);
  const sql = createSql(postgresUri);
  const bucket = required(env, 'DATASETS_BUCKET');
  const workers = new Workers(await bundled(join(servers.dir, 'functions'), env), env);
  const source = new Bucket(s3, bucket);
  await stageOwnTasks(s3, bucket);
  const log = new Logger('error');
  const catalogue = await openCatalogue({ bucket: source, includePath: INCLUDE, log });
  await registerTasks({ sql, source, catalogue, log }, TASKS.join(','));
  await Promise.all([ensureIndexes(mongo.db()), ensureIndexes(mongo.db('undisturbed'))]);
  const close = async () => {
    await Promise.all([mongo.close(), sql.end()]);
    s3.destroy();
    sqs.destroy();
    await Promise.all([stack.dispose(), servers.stop()]);
  };
  return new Scene({ servers, env, workers, mongo, sql, catalogue, sqs, close });
}

async function bundled(dir: string, env: Record<string, string>) {
  const service = readServiceFile(ROOT);
  const bundles = await bundleFunctions(service, ROOT, dir);
  return (['sample', 'shard'] as const).map((name) => ({
    name,
    bundle: bundles[name] ?? '',
    queueUrl: required(env, `${name.toUpperCase()}_QUEUE_URL`),
    batchSize: service.functions.find((known) => known.name === name)?.queue?.batchSize ?? 1,
  }));
}
