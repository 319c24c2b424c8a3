import { createHash } from 'node:crypto';
import { type ClientSession, type Db, type Document, Int32, Long, type MongoClient, ObjectId } from 'mongodb';
import { PermanentError } from '../errors/errors.ts';
import type { BatchAnswer } from './batch-answers.ts';

/** Answers that are looked up and written together; and bytes of them, so that writing takes seconds. */
const BATCH = 500;
const BATCH_BYTES = 16 << 20;
/** Ids that a refusal names. */
const MAX_TOLD = 20;

/** What an import did. */
export interface ImportedAnswers {
  /** Answers in the files. */
  readonly answers: number;
  /** Responses that were written now. */
  readonly written: number;
  /** Answers of prompts that had been answered before, or by an earlier line. */
  readonly known: number;
  /** Tasks whose last prompt this answered. */
  readonly done: readonly string[];
}

/**
 * Writes answers as `responses`, as the Requester writes them, and marks prompts, instances and tasks as done. A prompt is marked and its
 * response written in one transaction, in which nobody else can mark it: the same file twice and two imports at a time write one response.
 * Prompts that were answered before keep their answers. A Requester writes its response without a transaction: one that does so between
 * this one's snapshot and commit, or has the prompt out at a supplier, leaves a second response, of which scoring counts the first good one.
 * @param answers gives the answers from the start each time: they are gone through twice
 * @throws PermanentError BadMessage where there are none, or answers to prompts that don't exist or belong to no task; nothing is
 * written then
 */
export async function importAnswers(
  mongo: MongoClient,
  answers: () => AsyncIterable<BatchAnswer>,
): Promise<ImportedAnswers> {
  const db = mongo.db();
  const { count, tasks } = await refuseUnknown(db, answers());
  let written = 0;
  for await (const portion of portions(answers())) {
    written += await mongo.withSession((session) =>
      session.withTransaction(() => writePortion(db, portion, session), {
        readConcern: { level: 'snapshot' },
        writeConcern: { w: 'majority' },
      }),
    );
  }
  const done: string[] = [];
  for (const task of tasks) if (await settle(mongo, new ObjectId(task))) done.push(task);
  return { answers: count, written, known: count - written, done };
}

/** Of several answers to a prompt the first counts. Returns how many were written. */
async function writePortion(db: Db, portion: readonly BatchAnswer[], session: ClientSession): Promise<number> {
  const prompts = await promptsOf(db, portion, session);
  const open = new Map<string, BatchAnswer>();
  for (const answer of portion) {
    if (prompts.get(answer.id)?.['done'] === false && !open.has(answer.id)) open.set(answer.id, answer);
  }
  if (open.size === 0) return 0;
  const ids = [...open.keys()].map((prompt) => new ObjectId(prompt));
  // A prompt that another has marked since the snapshot was taken is a conflict: the transaction starts anew, and finds it done.
  await db.collection('prompts').updateMany({ _id: { $in: ids }, done: false }, { $set: { done: true } }, { session });
  const responses = [...open.values()].map((answer) => responseOf(answer, prompts.get(answer.id) ?? {}));
  // The Requester writes its response first and marks the prompt then.
  const there = await db
    .collection('responses')
    .find(responsesTo(responses), { projection: { prompt_id: 1 }, session })
    .toArray();
  const known = new Set(there.map(({ prompt_id }) => String(prompt_id)));
  const fresh = responses.filter(({ prompt_id }) => !known.has(prompt_id.toHexString()));
  if (fresh.length > 0) await db.collection('responses').insertMany(fresh, { session, forceServerObjectId: true });
  return fresh.length;
}

/** By the fields of their index, in its order. */
function responsesTo(responses: readonly Document[]): Document {
  const all = (field: string) => ({ $in: [...new Set(responses.map((response) => response[field]))] });
  return { task_id: all('task_id'), instance_id: all('instance_id'), prompt_id: all('prompt_id') };
}

async function refuseUnknown(db: Db, answers: AsyncIterable<BatchAnswer>): Promise<{ count: number; tasks: string[] }> {
  const unknown: string[] = [];
  const tasks = new Set<string>();
  let count = 0;
  let missing = 0;
  for await (const portion of portions(answers)) {
    count += portion.length;
    const prompts = await promptsOf(db, portion);
    for (const { id: prompt } of portion) {
      const found = prompts.get(prompt);
      if (found !== undefined) {
        tasks.add(String(found['task_id']));
        continue;
      }
      missing++;
      if (unknown.length < MAX_TOLD) unknown.push(prompt);
    }
  }
  if (count === 0) throw new PermanentError('BadMessage', 'the files hold no answers. Nothing was written.');
  if (missing > 0) {
    const more = missing > unknown.length ? `, and ${missing - unknown.length} more` : '';
    throw new PermanentError(
      'BadMessage',
      `${missing} of ${count} answers are to prompts that are not there: ${unknown.join(', ')}${more}. Nothing was written. ` +
        'Is it the file of another stack, or was the task removed meanwhile?',
    );
  }
  await refuseOrphans(db, [...tasks]);
  return { count, tasks: [...tasks] };
}

/** Prompts of a request that failed are there without their task until they are removed; nobody would score their answers. */
async function refuseOrphans(db: Db, tasks: readonly string[]): Promise<void> {
  const ids = tasks.map((task) => new ObjectId(task));
  const found = await db
    .collection('tasks')
    .find({ _id: { $in: ids } }, { projection: { _id: 1 } })
    .toArray();
  const there = new Set(found.map(({ _id }) => _id.toHexString()));
  const gone = tasks.filter((task) => !there.has(task));
  if (gone.length === 0) return;
  const named = gone.slice(0, MAX_TOLD).join(', ');
  throw new PermanentError(
    'BadMessage',
    `the answers are to prompts of tasks that are not there: ${named}. Nothing was written. How the request stands: ` +
      `npx sampler requests show ${gone[0]}`,
  );
}

async function* portions(answers: AsyncIterable<BatchAnswer>): AsyncGenerator<BatchAnswer[]> {
  let portion: BatchAnswer[] = [];
  let bytes = 0;
  for await (const answer of answers) {
    portion.push(answer);
    bytes += answer.response.length + answer.error.length;
    if (portion.length < BATCH && bytes < BATCH_BYTES) continue;
    yield portion;
    portion = [];
    bytes = 0;
  }
  if (portion.length > 0) yield portion;
}

async function promptsOf(
  db: Db,
  answers: readonly BatchAnswer[],
  session?: ClientSession,
): Promise<Map<string, Document>> {
  const ids = answers.map(({ id: prompt }) => new ObjectId(prompt));
  const found = await db
    .collection('prompts')
    .find({ _id: { $in: ids } }, { projection: { task_id: 1, instance_id: 1, done: 1 }, ...(session && { session }) })
    .toArray();
  return new Map(found.map((prompt) => [prompt._id.toHexString(), prompt]));
}

function responseOf({ id: prompt, ok, errorCode, response, error }: BatchAnswer, { task_id, instance_id }: Document) {
  const derived = createHash('sha256').update(`batch response ${prompt}`).digest('hex').slice(0, 24);
  return {
    _id: new ObjectId(derived),
    ok,
    error_code: new Int32(errorCode),
    ms: Long.ZERO,
    response,
    error,
    height: Long.ZERO,
    session_height: Long.ZERO,
    task_id,
    instance_id,
    prompt_id: new ObjectId(prompt),
  };
}

/** Marks instances without open prompts, and the task without open instances. Returns whether the task became done now. */
async function settle(mongo: MongoClient, task: ObjectId): Promise<boolean> {
  const db = mongo.db();
  const open = await db.collection('prompts').distinct('instance_id', { task_id: task, done: false });
  return await mongo.withSession((session) =>
    session.withTransaction(async () => {
      await db
        .collection('instances')
        .updateMany({ task_id: task, done: false, _id: { $nin: open } }, { $set: { done: true } }, { session });
      if (open.length > 0) return false;
      const { modifiedCount } = await db
        .collection('tasks')
        .updateOne({ _id: task, done: false }, { $set: { done: true } }, { session });
      return modifiedCount === 1;
    }),
  );
}
