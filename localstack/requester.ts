/**
 * A small Requester, for the demonstration and for tests: finds open prompts as the real one does (REQUESTER rules), posts
 * `prompts.data` as it is, writes `responses`, and marks prompt, instance and task done in one transaction.
 */
import { type ClientSession, type Db, type Document, Int32, Long, type MongoClient, ObjectId } from 'mongodb';

/** What the Requester works on. */
export interface RequesterOptions {
  readonly mongo: MongoClient;
  readonly address: string;
  /** Where the supplier's server is, such as `http://127.0.0.1:8000`. */
  readonly server: string;
  /** The number of the session; prompts asked in it or later are left alone. */
  readonly session?: number;
  /** Prompts asked at a time. */
  readonly workers?: number;
}

const BLOCKS_PER_SESSION = 10;

/** Asks every open prompt of a supplier once. Gives how many there were. */
export async function answerOpenPrompts(options: RequesterOptions): Promise<number> {
  const db = options.mongo.db();
  const tasks = await db
    .collection('tasks')
    .find({ 'requester_args.address': options.address, done: false }, { projection: { requester_args: 1, done: 1 } })
    .toArray();
  const session = options.session ?? 100;
  const queue: { task: Document; prompt: Document }[] = [];
  for (const task of tasks) {
    const instances = await db
      .collection('instances')
      .find({ task_id: task._id, done: false }, { projection: { _id: 1 } })
      .toArray();
    const prompts = await db
      .collection('prompts')
      .find({ instance_id: { $in: instances.map(({ _id }) => _id) }, done: false, trigger_session: { $lt: session } })
      .toArray();
    queue.push(...prompts.map((prompt) => ({ task, prompt })));
  }
  const count = queue.length;
  const work = async () => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      await relay(db, options, session, next.task, next.prompt);
    }
  };
  await Promise.all(Array.from({ length: options.workers ?? 4 }, work));
  return count;
}

async function relay(
  db: Db,
  options: RequesterOptions,
  session: number,
  task: Document,
  prompt: Document,
): Promise<void> {
  const answer = await ask(options.server, task['requester_args'], prompt);
  await db.collection('responses').insertOne({
    _id: new ObjectId(),
    ...answer,
    height: Long.fromNumber(session * BLOCKS_PER_SESSION),
    session_height: Long.fromNumber(session * BLOCKS_PER_SESSION),
    task_id: prompt['task_id'],
    instance_id: prompt['instance_id'],
    prompt_id: prompt['_id'],
  });
  await options.mongo.withSession((transaction) =>
    transaction.withTransaction(() => markDone(db, transaction, session, task, prompt)),
  );
}

/** `ok` is true for HTTP errors too: their body is kept, and their code is another. */
async function ask(server: string, args: Document, prompt: Document) {
  const began = performance.now();
  const ms = () => Long.fromNumber(Math.round(performance.now() - began));
  try {
    const response = await fetch(new URL(args['path'], server), {
      method: args['method'] ?? 'POST',
      headers: args['headers'] ?? {},
      body: prompt['data'],
      signal: AbortSignal.timeout((prompt['timeout'] || 120) * 1000),
    });
    const body = await response.text();
    const code = response.ok ? 0 : response.status >= 400 && response.status < 500 ? 4 : 2;
    return { ok: true, error_code: new Int32(code), ms: ms(), response: body, error: code === 0 ? '' : body };
  } catch (error) {
    return { ok: false, error_code: new Int32(1), ms: ms(), response: '', error: String(error) };
  }
}

/** As the real one does: with the last prompt its instance is done, with the last instance its task. */
async function markDone(
  db: Db,
  session: ClientSession,
  trigger: number,
  task: Document,
  prompt: Document,
): Promise<void> {
  const { task_id, instance_id, data, timeout } = prompt;
  const asked = {
    data,
    timeout: Long.fromNumber(timeout),
    done: true,
    trigger_session: Long.fromNumber(trigger),
    task_id,
    instance_id,
  };
  await db.collection('prompts').updateOne({ _id: prompt['_id'] }, { $set: asked }, { session });
  if (await db.collection('prompts').findOne({ instance_id, done: false }, { session })) return;
  await db.collection('instances').updateOne({ _id: instance_id }, { $set: { done: true, task_id } }, { session });
  if (await db.collection('instances').findOne({ task_id, done: false }, { session })) return;
  const marked = { requester_args: task['requester_args'], done: true };
  await db.collection('tasks').updateOne({ _id: task_id }, { $set: marked }, { session });
}
