import { rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { type MessageAttributeValue, ReceiveMessageCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { type Db, type Document, MongoClient } from 'mongodb';
import postgres, { type Sql } from 'postgres';
import { Bucket } from '../../lib/bucket/bucket.ts';
import { readLocalInclude, stageInclude } from '../../lib/catalogue/staging/local-include.ts';
import { stageDatasets } from '../../lib/datasets/stage.ts';
import { Logger } from '../../lib/log/log.ts';
import { type DeadLetter, DeadLetters } from '../../lib/operator/dead-letters.ts';
import { createLocalS3, createLocalSqs } from '../../localstack/resources.ts';
import { startFunctions } from '../helpers/functions.ts';
import { stageTheHarness } from '../helpers/harness.ts';
import { freshStack, required } from '../helpers/stack.ts';
import { TASKS } from './own/recorder.ts';
import { writeOwnDatasets } from './own-data.ts';

const PATIENCE_MS = 45_000;

/** The whole service on a stack of its own, with our own data sets staged and our own tasks as the include folder `own`. */
export interface RunningService {
  readonly db: Db;
  readonly sql: Sql;
  readonly bucket: Bucket;
  /** Sends a register message, with these further keys, and waits until tasks of these names have a table. */
  register(tasks: string, names: readonly string[], more?: Record<string, unknown>): Promise<void>;
  /** Waits until a task with functions, or a plain one without, can be sampled. */
  registered(task: string, plain?: boolean): Promise<void>;
  /** Sends a sample message under an address of its own, `args` among its requester_args, and waits for its tasks. */
  sample(fields: Record<string, unknown>, count?: number, args?: Record<string, unknown>): Promise<Document[]>;
  /** Gives the id under which SQS knows the message. */
  send(queue: QueueName, body: string, attributes?: Readonly<Record<string, MessageAttributeValue>>): Promise<string>;
  /** Waits for a dead letter that `wanted` chooses; it goes back to its queue, as an operator sends it. */
  redrive(queue: QueueName, wanted: (letter: DeadLetter) => boolean): Promise<void>;
  /** Waits until the message, or one that holds the text, is in the queue's dead-letter queue; the reason that it carries. */
  deadLetter(queue: QueueName, body: string): Promise<{ code: string; message: string }>;
  /** Looks until there is something. */
  until<T>(look: () => Promise<T | undefined>): Promise<T>;
  stop(): Promise<void>;
}

type QueueName = 'REGISTER' | 'SAMPLE' | 'SHARD' | 'EVALUATE';

/**
 * Starts it; `SHARD_SIZE` is 10, so that some requests are of several shards.
 * @param data a folder with the data sets to stage; removed once they are
 * @param limits what the functions see besides
 */
export async function startService(
  data: string = writeOwnDatasets(),
  limits: Readonly<Record<string, string>> = {},
): Promise<RunningService> {
  const stack = await freshStack();
  const s3 = createLocalS3(stack.endpoint);
  const bucket = new Bucket(s3, required(stack.env, 'DATASETS_BUCKET'));
  const log = new Logger('error');
  await stageTheHarness(bucket);
  await stageInclude(bucket, await readLocalInclude('own', TASKS), { index: new Map(), find: async () => null });
  await stageDatasets({ bucket, fromDir: data, log });
  rmSync(data, { recursive: true });
  const sqs = createLocalSqs(stack.endpoint);
  const mongo = new MongoClient(stack.mongodbUri);
  const db = mongo.db();
  const sql = postgres(stack.postgresUri, { max: 1, onnotice: () => {} });
  const functions = await startFunctions({ ...stack.env, SHARD_SIZE: '10', ...limits });
  const refused: { body: string; code: string; message: string }[] = [];
  let addresses = 0;

  async function until<T>(look: () => Promise<T | undefined>, patienceMs = PATIENCE_MS): Promise<T> {
    const end = Date.now() + patienceMs;
    for (;;) {
      const found = await look();
      if (found !== undefined) return found;
      if (Date.now() > end) throw new Error(`waited in vain; last lines:\n${functions.lines.slice(-8).join('\n')}`);
      await sleep(50);
    }
  }

  const urlOf = (queue: QueueName) => required(stack.env, `${queue}_QUEUE_URL`);
  const send: RunningService['send'] = async (queue, MessageBody, MessageAttributes) => {
    const sent = await sqs.send(new SendMessageCommand({ QueueUrl: urlOf(queue), MessageBody, MessageAttributes }));
    return sent.MessageId ?? '';
  };

  return {
    db,
    sql,
    bucket,
    send,
    until,
    async register(tasks, names, more = {}) {
      await send('REGISTER', JSON.stringify({ framework: 'lmeh', tasks, ...more }));
      await until(async () => {
        const [there] = await sql`SELECT to_regclass('task_registry') IS NOT NULL AS made`;
        if (!there?.['made']) return undefined;
        const rows = await sql`SELECT task_name FROM task_registry WHERE task_name IN ${sql(names)}`;
        return rows.length === names.length || undefined;
      });
    },
    async registered(task, plain = false) {
      const table = plain ? 'task_registry' : 'sampler_processed_tasks';
      await until(async () => {
        const [there] = await sql`SELECT to_regclass(${table}) IS NOT NULL AS made`;
        if (!there?.['made']) return undefined;
        const rows = await sql`SELECT 1 FROM ${sql(table)} WHERE task_name = ${task}`;
        return rows.length > 0 || undefined;
      }, 4 * PATIENCE_MS);
    },
    async sample(fields, count = 1, args = {}) {
      const address = `supplier-${addresses++}`;
      const message = { framework: 'lmeh', ...fields, requester_args: { address, service: 's', ...args } };
      await send('SAMPLE', JSON.stringify(message));
      return until(async () => {
        const tasks = await db.collection('tasks').find({ 'requester_args.address': address }).toArray();
        return tasks.length >= count ? tasks : undefined;
      });
    },
    async deadLetter(queue, body) {
      const QueueUrl = `${required(stack.env, `${queue}_QUEUE_URL`)}-dlq`;
      return until(async () => {
        const { Messages = [] } = await sqs.send(
          new ReceiveMessageCommand({
            QueueUrl,
            MaxNumberOfMessages: 10,
            WaitTimeSeconds: 1,
            // Others are to find it as well.
            VisibilityTimeout: 3,
            MessageAttributeNames: ['All'],
          }),
        );
        for (const { Body = '', MessageAttributes } of Messages) {
          const attribute = (name: string) => MessageAttributes?.[name]?.StringValue ?? '';
          refused.push({ body: Body, code: attribute('error-code'), message: attribute('error-message') });
        }
        return refused.find((letter) => letter.body.includes(body));
      });
    },
    async redrive(queue, wanted) {
      await until(async () => {
        let sent = 0;
        await new DeadLetters(sqs, urlOf(queue)).redrive(wanted, () => sent++);
        return sent > 0 || undefined;
      });
    },
    async stop() {
      await functions.stop();
      s3.destroy();
      sqs.destroy();
      await Promise.all([mongo.close(), sql.end()]);
      await stack.dispose();
    },
  };
}
