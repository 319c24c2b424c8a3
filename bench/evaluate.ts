/**
 * How fast responses become scores: a task of 14,042 documents in one process (responses/s, CPU, peak memory), beside reading
 * the same documents with the driver alone; how long after its message a task of 15 documents has its scores, warm; and how
 * many answers to mathematics are judged in a second.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { buildSync } from 'esbuild';
import { type Db, type Document, Int32, Long, MongoClient, ObjectId } from 'mongodb';
import { createSqs } from '../lib/clients/aws.ts';
import { DEMO_INCLUDE, DEMO_TASK, stageDemo } from '../localstack/demo-data.ts';
import { mathematics } from './mathematics.ts';
import { median, openServices } from './services.ts';

const DOCUMENTS = 14_042;
const SMALL = 15;
const ROUNDS = 20;
const COLLECTIONS = ['tasks', 'instances', 'prompts', 'responses', 'results', 'evaluations'];

const uri = new URL(process.env['MONGODB_URI'] ?? '');
uri.pathname = `/bench-${process.pid}`;
const mongo = new MongoClient(uri.href);
try {
  const db = mongo.db();
  const id = await writeTask(db, DOCUMENTS, 'made_up', 'bench');
  const baseline = await readAlone(db, id);
  const dir = mkdtempSync(join(tmpdir(), 'bench-evaluate-'));
  try {
    // As it is deployed: bundled, without types to be taken out at the start.
    const program = join(dir, 'evaluate-once.mjs');
    buildSync({
      entryPoints: [join(import.meta.dirname, 'evaluate-once.ts')],
      outfile: program,
      bundle: true,
      platform: 'node',
      target: 'node24',
      format: 'esm',
      banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    });
    const child = spawn(process.execPath, ['--max-semi-space-size=4', program, uri.href, id.toHexString()], {
      stdio: ['ignore', 'inherit', 'inherit'],
      env: { ...process.env, BASELINE_MS: String(baseline) },
    });
    await once(child, 'exit');
  } finally {
    rmSync(dir, { recursive: true });
  }
} finally {
  await mongo.db().dropDatabase();
  await mongo.close();
}
await latency();
await mathematics();

/** What reading and parsing the documents costs without us. */
async function readAlone(db: Db, task_id: ObjectId): Promise<number> {
  const started = performance.now();
  let count = 0;
  for await (const _ of db.collection('instances').find({ task_id }, { projection: { doc: 1 } })) count++;
  for await (const { response } of db.collection('responses').find({ task_id })) if (JSON.parse(response)) count++;
  if (count !== 2 * DOCUMENTS) throw new Error(`${count} documents were read`);
  return performance.now() - started;
}

async function latency(): Promise<void> {
  const services = await openServices();
  const sqs = createSqs();
  await stageDemo(services.s3, services.bucket);
  const send = (variable: string, body: object) =>
    sqs.send(new SendMessageCommand({ QueueUrl: process.env[variable], MessageBody: JSON.stringify(body) }));
  await send('REGISTER_QUEUE_URL', { framework: 'lmeh', tasks: DEMO_TASK, include_path: DEMO_INCLUDE });
  const times: number[] = [];
  for (let round = -3; round < ROUNDS; round++) {
    const address = `bench-evaluate-${process.pid}-${round}`;
    const asked = {
      framework: 'lmeh',
      tasks: DEMO_TASK,
      include_path: DEMO_INCLUDE,
      requester_args: { address, service: 'bench' },
      qty: SMALL,
    };
    await send('SAMPLE_QUEUE_URL', asked);
    const task = await until(() => services.db.collection('tasks').findOne({ 'requester_args.address': address }));
    await answerAll(services.db, task._id);
    const started = performance.now();
    await send('EVALUATE_QUEUE_URL', { task_id: task._id.toHexString() });
    await until(() =>
      services.db.collection('results').findOne({ 'result_data.task_id': task._id }, { projection: { _id: 1 } }),
    );
    if (round >= 0) times.push(performance.now() - started);
    await Promise.all([
      services.db.collection('tasks').deleteOne({ _id: task._id }),
      services.db.collection('results').deleteOne({ 'result_data.task_id': task._id }),
      ...['instances', 'prompts', 'responses', 'evaluations'].map((name) =>
        services.db.collection(name).deleteMany({ task_id: task._id }),
      ),
    ]);
  }
  const sorted = times.toSorted((a, b) => a - b);
  console.log(
    `${SMALL} documents, from message to results, warm: median ${median(times).toFixed(0)} ms, fastest ${sorted[0]?.toFixed(0)}, ` +
      `slowest ${sorted.at(-1)?.toFixed(0)} (${ROUNDS} tasks, one at a time)`,
  );
  sqs.destroy();
  await services.dispose();
}

async function answerAll(db: Db, task_id: ObjectId): Promise<void> {
  const prompts = await db.collection('prompts').find({ task_id }).toArray();
  await db
    .collection('responses')
    .insertMany(prompts.map((prompt, i) => response(task_id, prompt['instance_id'], prompt['_id'], i)));
  for (const name of ['prompts', 'instances'])
    await db.collection(name).updateMany({ task_id }, { $set: { done: true } });
  await db.collection('tasks').updateOne({ _id: task_id }, { $set: { done: true } });
}

async function until<T>(look: () => Promise<T | null>): Promise<T> {
  const end = performance.now() + 60_000;
  for (;;) {
    const found = await look();
    if (found !== null) return found;
    if (performance.now() > end) throw new Error('nothing came within a minute');
    await sleep(2);
  }
}

async function writeTask(db: Db, count: number, task: string, address: string): Promise<ObjectId> {
  const _id = new ObjectId();
  await Promise.all([
    db.collection('responses').createIndex({ task_id: 1, instance_id: 1, prompt_id: 1, ok: 1 }),
    db.collection('prompts').createIndex({ task_id: 1, instance_id: 1, done: 1 }),
    db.collection('instances').createIndex({ task_id: 1, done: 1 }),
    ...COLLECTIONS.map((name) => db.createCollection(name).catch(() => {})),
  ]);
  await db.collection('tasks').insertOne({
    _id,
    framework: 'lmeh',
    requester_args: { address, service: 's', path: '/v1/chat/completions' },
    tasks: task,
    request_type: 'generate_until',
    done: true,
    evaluated: false,
    drop: false,
  });
  for (let at = 0; at < count; at += 1000) {
    const made = Array.from({ length: Math.min(1000, count - at) }, (_, i) => ({
      docId: at + i,
      instance: new ObjectId(),
      prompt: new ObjectId(),
    }));
    await db.collection('instances').insertMany(made.map(({ docId, instance }) => instanceOf(_id, docId, instance)));
    await db.collection('prompts').insertMany(
      made.map(({ instance, prompt }) => ({
        _id: prompt,
        data: JSON.stringify({ messages: 'x'.repeat(4000) }),
        task_id: _id,
        instance_id: instance,
        done: true,
      })),
    );
    await db
      .collection('responses')
      .insertMany(made.map(({ docId, instance, prompt }) => response(_id, instance, prompt, docId)));
  }
  return _id;
}

function instanceOf(task_id: ObjectId, docId: number, _id: ObjectId): Document {
  const question = `A shelf holds ${docId} books. Two are taken and one comes back. How many are there now? `.repeat(4);
  const doc = {
    __id: new Int32(docId),
    question,
    answer: `${'First two go, then one comes. '.repeat(8)}\n#### ${docId - 1}`,
  };
  return {
    _id,
    doc,
    arguments: ['x'.repeat(5000), {}],
    idx: new Int32(0),
    doc_id: new Int32(docId),
    task_id,
    done: true,
  };
}

function response(task_id: ObjectId, instance_id: ObjectId, prompt_id: ObjectId, docId: number): Document {
  const content = `${'Two of the books go away and one of them comes back again. '.repeat(10)}That makes ${docId - (docId % 3 === 0 ? 2 : 1)}.`;
  const message = { role: 'assistant', content, tool_calls: null };
  const usage = { prompt_tokens: 700, completion_tokens: 120, total_tokens: 820 };
  const body = {
    id: 'x',
    object: 'chat.completion',
    created: 1,
    model: 'm',
    choices: [{ index: 0, message, finish_reason: 'stop' }],
    usage,
  };
  return {
    ok: true,
    error_code: new Int32(0),
    ms: Long.fromNumber(50),
    response: JSON.stringify(body),
    error: '',
    session_height: Long.fromNumber(100),
    task_id,
    instance_id,
    prompt_id,
  };
}
