/** `npm run demo`: starts the service (or joins one that runs): a small task is registered, sampled, answered and scored. */
import { setTimeout as sleep } from 'node:timers/promises';
import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { type Db, type Document, MongoClient } from 'mongodb';
import postgres from 'postgres';
import { DEMO_INCLUDE, DEMO_TASK, stageDemo } from './demo-data.ts';
import { startOrJoin } from './join.ts';
import { answerOpenPrompts } from './requester.ts';
import { createLocalS3, createLocalSqs } from './resources.ts';
import { AlreadyRunningError } from './run-lock.ts';
import { startToyModel } from './toy-model.ts';

const PATIENCE_MS = 60_000;
const say = (line: string) => console.log(`[demo] ${line}`);
const failures: string[] = [];

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof AlreadyRunningError ? error.message : error);
  process.exitCode = 1;
}
process.exit();

async function main(): Promise<number> {
  const { env, stop } = await startOrJoin({ say, onFunctionLine: noteFailure });
  const endpoint = env['AWS_ENDPOINT_URL'] ?? '';
  const s3 = createLocalS3(endpoint);
  const sqs = createLocalSqs(endpoint);
  const mongo = new MongoClient(env['MONGODB_URI'] ?? '');
  try {
    say('staging a small task and its data set ...');
    await stageDemo(s3, env['DATASETS_BUCKET'] ?? '');
    await register(sqs, env);
    const address = `demo-${Date.now()}`;
    await sample(sqs, env, address);
    const tasks = await show(mongo.db(), address);
    await answer(mongo, address);
    await evaluate(sqs, env, mongo.db(), tasks);
    return 0;
  } finally {
    await mongo.close();
    s3.destroy();
    sqs.destroy();
    await stop();
  }
}

function noteFailure(name: string, line: string): void {
  if (/"level":"(WARN|ERROR)"/.test(line)) failures.push(`${name}: ${line}`);
}

async function register(sqs: SQSClient, env: Record<string, string>): Promise<void> {
  say(`registering ${DEMO_TASK} ...`);
  await send(sqs, env['REGISTER_QUEUE_URL'], { framework: 'lmeh', tasks: DEMO_TASK, include_path: DEMO_INCLUDE });
  const sql = postgres(env['POSTGRES_URI'] ?? '', { max: 1, onnotice: () => {} });
  try {
    await until(`${DEMO_TASK} to be registered`, async () => {
      const [table] = await sql`select to_regclass('task_registry') as name`;
      if (!table?.['name']) return undefined;
      const [row] = await sql`select dataset_table_name from task_registry where task_name = ${DEMO_TASK}`;
      return row;
    });
  } finally {
    await sql.end();
  }
}

async function sample(sqs: SQSClient, env: Record<string, string>, address: string): Promise<void> {
  say('sampling 15 documents for chat and 5 for completions ...');
  const request = { framework: 'lmeh', tasks: DEMO_TASK, include_path: DEMO_INCLUDE };
  await send(sqs, env['SAMPLE_QUEUE_URL'], {
    ...request,
    requester_args: { address, service: 'chat' },
    blacklist: [21, 22],
    qty: 15,
  });
  const completions = { address, service: 'completions', path: '/v1/completions' };
  await send(sqs, env['SAMPLE_QUEUE_URL'], { ...request, requester_args: completions, qty: 5 });
}

/** What the Requester's aggregation finds: open prompts of open instances of open tasks. */
async function show(db: Db, address: string): Promise<string[]> {
  const found = await until('the prompts', async () => {
    const tasks = await openPrompts(db, address);
    return tasks.length === 2 ? tasks : undefined;
  });
  const rows = found.map((task) => ({
    task: task['tasks'],
    path: task['requester_args'].path,
    qty: task['qty'],
    instances: task['total_instances'],
    prompts: task['prompts'].length,
    seed: String(task['seed']),
  }));
  console.log(columns(rows));
  say('one prompt in full (prompts.data):');
  console.log(found[0]?.['prompts'][0].data);
  return found.map((task) => String(task['_id']));
}

/** What a Requester and a supplier do: the prompts are asked of a toy model, which does not know all the sums. */
async function answer(mongo: MongoClient, address: string): Promise<void> {
  const model = await startToyModel();
  try {
    say(`answering them by a toy model at ${model.url} ...`);
    say(`${await answerOpenPrompts({ mongo, address, server: model.url })} prompts answered`);
  } finally {
    await model.stop();
  }
}

/** The clock would send these messages within a minute. */
async function evaluate(sqs: SQSClient, env: Record<string, string>, db: Db, tasks: readonly string[]): Promise<void> {
  say('evaluating ...');
  for (const task_id of tasks) await send(sqs, env['EVALUATE_QUEUE_URL'], { task_id });
  const rows = await until('the scores', async () => {
    const found = await db.collection('evaluations').find({ kind: 'task', state: 'evaluated' }).toArray();
    const ours = found.filter(({ _id }) => tasks.includes(String(_id)));
    return ours.length === tasks.length ? ours : undefined;
  });
  const paths = await db
    .collection('tasks')
    .find({ _id: { $in: rows.map(({ _id }) => _id) } }, { projection: { requester_args: 1 } })
    .toArray();
  const pathOf = new Map(paths.map(({ _id, requester_args }) => [String(_id), requester_args.path]));
  console.log(
    columns(
      rows.map(({ _id, task, service, documents, failed, metrics: [metric] }) => ({
        task,
        path: pathOf.get(String(_id)) ?? service,
        documents,
        failed,
        metric: `${metric.filter}, ${metric.metric}`,
        mean: metric.mean.toFixed(4),
        stderr: metric.stderr?.toFixed(4),
      })),
    ),
  );
  say(`read through them: npx sampler results show ${String(rows[0]?._id)} --html page.html (while npm start runs)`);
}

/** Rows as text columns under their names. */
function columns(rows: readonly Readonly<Record<string, unknown>>[]): string {
  const names = Object.keys(rows[0] ?? {});
  const lines = [names, ...rows.map((row) => names.map((name) => String(row[name] ?? '-')))];
  const widths = names.map((_, at) => Math.max(...lines.map((line) => line[at]?.length ?? 0)));
  return lines
    .map((line) => `  ${line.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join('  ')}`.trimEnd())
    .join('\n');
}

function openPrompts(db: Db, address: string): Promise<Document[]> {
  return db
    .collection('tasks')
    .aggregate([
      { $match: { 'requester_args.address': address, done: false } },
      { $sort: { qty: -1 } },
      {
        $lookup: {
          from: 'instances',
          localField: '_id',
          foreignField: 'task_id',
          pipeline: [{ $match: { done: false } }],
          as: 'open',
        },
      },
      {
        $lookup: {
          from: 'prompts',
          localField: 'open._id',
          foreignField: 'instance_id',
          pipeline: [{ $match: { done: false } }],
          as: 'prompts',
        },
      },
    ])
    .toArray();
}

async function send(sqs: SQSClient, QueueUrl: string | undefined, message: unknown): Promise<void> {
  await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: JSON.stringify(message) }));
}

async function until<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
  const end = Date.now() + PATIENCE_MS;
  while (Date.now() < end) {
    const found = await look();
    if (found !== undefined) return found;
    await sleep(50);
  }
  throw new Error(`Waited ${PATIENCE_MS / 1000} s for ${what} in vain.\n${failures.slice(-5).join('\n')}`);
}
