import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { type Db, ObjectId } from 'mongodb';
import { ensureIndexes } from '../../lib/documents/collections.ts';
import { ensureEvaluationIndexes } from '../../lib/evaluate/records.ts';
import { Ledger } from '../../lib/ledger/ledger.ts';
import { unfinishedShards } from '../../lib/ledger/records.ts';
import { createLocalS3 } from '../../localstack/resources.ts';
import { chatBody, writeAnswered } from '../evaluate/answered-task.ts';
import { required } from '../helpers/stack.ts';
import type { Cell, FunctionName } from './cold-cells.ts';
import { crates } from './own-tasks.ts';
import type { Request, Scene } from './scene.ts';

/** What a cold process is given to do, and how it is seen that it did it. */
export interface Work {
  readonly event: object;
  /** Of a request of the suite, whose documents are compared at the end. */
  readonly request?: Request;
  /** The database, where it is not the suite's. */
  readonly database?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Whether all of it is done. */
  readonly done: () => Promise<boolean>;
}

/** The folder of definitions of tasks that only cold processes work on. */
const FOLDER = 'cold';
/** Scored as the task that test/evaluate answers. */
const SCORED = `task: gsm8k
dataset_path: gsm8k
test_split: test
output_type: generate_until
doc_to_text: "{{question}}"
doc_to_target: "{{answer.split('### ')[-1]}}"
metric_list: [{ metric: exact_match }]
`;
const ROWS = 30;

/** Makes work for cold processes, each its own, so that none does another's. */
export class ColdWork {
  readonly #scene: Scene;
  readonly #configPath: string;
  #made = 0;

  private constructor(scene: Scene) {
    this.#scene = scene;
    this.#configPath = join(scene.servers.dir, 'cold.json');
  }

  /** Stages the definitions, of as many tasks to be registered as there are processes at most. */
  static async for(scene: Scene, processes: number): Promise<ColdWork> {
    const work = new ColdWork(scene);
    writeFileSync(work.#configPath, JSON.stringify({ include_path: FOLDER }));
    const put = work.#put();
    await put(`include/${FOLDER}/gsm8k.yaml`, SCORED);
    for (let n = 0; n < processes; n++) {
      await put(`include/${FOLDER}/cold_${n}.yaml`, definition(n));
      await put(`datasets/cold/${n}/default/test/0000.parquet`, crates(0, ROWS));
    }
    return work;
  }

  /** Work for a process of a cell, that speaks with the server that is away. */
  make({ name, server, away }: Cell): Promise<Work> {
    const n = this.#made++;
    const makers: Readonly<Record<FunctionName, () => Promise<Work>>> = {
      register: async () => this.#register(n, server === 'SQS', away === 'disk full'),
      sample: async () => this.#sample(),
      shard: () => this.#shard(server === 'SQS'),
      sweep: () => this.#sweep(n),
      evaluate: () => this.#evaluate(n),
    };
    return makers[name]();
  }

  /** A data set, in parts where the queue is to be spoken with; `elsewhere`: its table is made on another Postgres than the suite's. */
  #register(n: number, inParts: boolean, elsewhere: boolean): Work {
    const { sql, db } = this.#scene;
    const body = JSON.stringify({ framework: 'lmeh', tasks: `cold_${n}`, include_path: FOLDER });
    const id = `cold-register-${n}`;
    return {
      event: eventOf(id, body),
      ...(inParts ? { env: { REGISTER_PART_ROWS: '10' } } : {}),
      async done() {
        const record = await db.collection('sample_requests').findOne({ request_id: id });
        if (inParts) return record?.['state'] === 'registering';
        if (elsewhere) return record?.['state'] === 'registered';
        const rows = await sql`select 1 from task_registry where task_name = ${`cold_${n}`}`;
        return record?.['state'] === 'registered' && rows.length === 1;
      },
    };
  }

  #sample(): Work {
    const request = this.#scene.request(5);
    const done = async () => (await this.#scene.record(request.plan)) !== null;
    return { event: eventOf(request.id, request.message.body), request, done };
  }

  /** A shard; where the queue is to be spoken with, of a plan that it resumes, whose other shard it sends out. */
  async #shard(resumes: boolean): Promise<Work> {
    const scene = this.#scene;
    const request = scene.request(resumes ? 10 : 5);
    await scene.plan(request);
    const record = await scene.record(request.plan);
    const [shard = ''] = record ? unfinishedShards(record) : [];
    const done = async () => {
      const progress = (await scene.record(request.plan))?.progress ?? {};
      const task = await scene.db.collection('tasks').findOne({ _id: request.plan });
      return task !== null || 's0' in progress;
    };
    if (!resumes) return { event: eventOf(request.id, shard), request, done };
    await new Ledger(scene.db, 1000).fail({ _id: request.plan, attempt: 1 }, { code: 'Unavailable', message: 'away' });
    const attributes = { 'error-code': { stringValue: 'Unavailable', dataType: 'String' } };
    return { event: eventOf(request.id, shard, attributes), request, done };
  }

  /** A database with a task that waits to be sent to be evaluated. */
  async #sweep(n: number): Promise<Work> {
    const { database, db } = await this.#ownDatabase(n);
    const id = await writeAnswered(db, [[chatBody('0')]]);
    const done = async () => (await db.collection('evaluations').findOne({ _id: id }))?.['state'] === 'sent';
    return { event: {}, database, done };
  }

  async #evaluate(n: number): Promise<Work> {
    const { database, db } = await this.#ownDatabase(n);
    const id = await writeAnswered(db, [[chatBody('0')], [chatBody('none')]]);
    const body = JSON.stringify({ task_id: id.toHexString() });
    return {
      event: eventOf(`cold-evaluate-${n}`, body),
      database,
      env: { CONFIG_PATH: this.#configPath },
      async done() {
        const [task, results] = await Promise.all([
          db.collection('tasks').findOne({ _id: new ObjectId(id) }),
          db.collection('results').countDocuments({ 'result_data.task_id': id }),
        ]);
        const told = await db.collection('evaluations').findOne({ _id: id });
        return task?.['evaluated'] === true && results === 1 && told?.['told_at'] instanceof Date;
      },
    };
  }

  async #ownDatabase(n: number): Promise<{ database: string; db: Db }> {
    const database = `cold_${n}`;
    const db = this.#scene.mongo.db(database);
    await Promise.all([ensureIndexes(db), ensureEvaluationIndexes(db)]);
    return { database, db };
  }

  #put() {
    const { env } = this.#scene;
    const s3 = createLocalS3(required(env, 'AWS_ENDPOINT_URL'));
    return (Key: string, Body: string | Uint8Array) =>
      s3.send(new PutObjectCommand({ Bucket: required(env, 'DATASETS_BUCKET'), Key, Body }));
  }
}

function definition(n: number): string {
  return `task: cold_${n}
dataset_path: cold/${n}
test_split: test
output_type: generate_until
doc_to_text: "{{question}}"
doc_to_target: "{{label}}"
`;
}

/** What Lambda would deliver. Its receipt is of no queue: that the message waits is of no interest here. */
function eventOf(messageId: string, body: string, messageAttributes: object = {}): object {
  const attributes = { ApproximateReceiveCount: '1', SentTimestamp: '0' };
  return { Records: [{ messageId, receiptHandle: 'none', body, attributes, messageAttributes }] };
}
