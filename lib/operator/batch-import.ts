import { createHash } from 'node:crypto';
import { type Db, type Document, Int32, Long, type MongoClient, ObjectId } from 'mongodb';
import * as z from 'zod';
import { insertOnce } from '../documents/write.ts';
import { messageOf, PermanentError } from '../errors/errors.ts';
import { dumps, loads } from '../python/json.ts';
import { isDict, type PyDict, type PyValue } from '../python/value.ts';

/** Answers that are looked up and written together. */
const BATCH = 500;
/** Ids that a refusal names. */
const MAX_TOLD = 20;

/** The Requester's codes: answered, not sent, the supplier's fault, the request's fault. */
const CODES = { ok: 0, relay: 1, supplier: 2, badParams: 4 } as const;

/** One answer, as the Requester would have received it. */
export interface BatchAnswer {
  /** `_id` of the prompt. */
  readonly id: string;
  readonly ok: boolean;
  readonly errorCode: number;
  /** The body. */
  readonly response: string;
  readonly error: string;
}

/** What an import did. */
export interface Imported {
  /** Answers in the file. */
  readonly answers: number;
  /** Responses that were written now. */
  readonly written: number;
  /** Answers of prompts that had been answered before. */
  readonly known: number;
  /** Tasks whose last prompt this answered. */
  readonly done: readonly string[];
}

const id = z.string().regex(/^[0-9a-f]{24}$/);

/**
 * Reads a line of a batch's output or error file (`custom_id`, `response: {status_code, body}`, `error`), or a plain one
 * (`custom_id` and the body under `response`, as an object or as text).
 * @throws PermanentError BadMessage naming file and line
 */
export function readAnswer(file: string, number: number, line: string): BatchAnswer {
  let value: PyValue;
  try {
    value = loads(line);
  } catch (error) {
    throw badLine(file, number, `it is no JSON (${messageOf(error)})`);
  }
  if (!isDict(value)) throw badLine(file, number, 'it is no object');
  const customId = id.safeParse(value.get('custom_id'));
  if (!customId.success) throw badLine(file, number, 'its custom_id is none that export wrote');
  const response = value.get('response') ?? null;
  if (response === null) return failed(customId.data, value.get('error') ?? null);
  if (typeof response === 'string') return answered(customId.data, 200, response);
  if (!isDict(response)) throw badLine(file, number, 'its response is neither an object nor text');
  if (!response.has('status_code')) return answered(customId.data, 200, bodyText(response));
  const status = Number(response.get('status_code'));
  if (!Number.isInteger(status)) throw badLine(file, number, 'its status_code is no number');
  return answered(customId.data, status, bodyText(response.get('body') ?? ''));
}

/** As the Requester has it: an HTTP error counts as answered, with its body as the error. */
function answered(promptId: string, status: number, response: string): BatchAnswer {
  if (status >= 200 && status < 300) {
    const error = status === 200 ? '' : 'non 200 success';
    return { id: promptId, ok: true, errorCode: CODES.ok, response, error };
  }
  const errorCode = status >= 400 && status < 500 ? CODES.badParams : CODES.supplier;
  return { id: promptId, ok: true, errorCode, response, error: response };
}

/** Expired, cancelled, never sent. */
function failed(promptId: string, error: PyValue): BatchAnswer {
  const told = isDict(error) ? [error.get('code'), error.get('message')].filter((part) => part != null).join(': ') : '';
  return { id: promptId, ok: false, errorCode: CODES.relay, response: '', error: told || 'the batch has no answer' };
}

function bodyText(body: PyDict | PyValue): string {
  return typeof body === 'string' ? body : dumps(body, { ensureAscii: false, separators: [',', ':'] });
}

/**
 * Writes answers as `responses`, as the Requester writes them, and marks prompts, instances and tasks as done. Ids are derived
 * from the prompts, so that the same file twice writes once; prompts that were answered meanwhile keep their answers.
 * @param answers gives the answers from the start each time: they are gone through twice
 * @throws PermanentError BadMessage where there are answers to prompts that don't exist; nothing is written then
 */
export async function importAnswers(mongo: MongoClient, answers: () => AsyncIterable<BatchAnswer>): Promise<Imported> {
  const db = mongo.db();
  const count = await refuseUnknown(db, answers());
  const tasks = new Set<string>();
  let written = 0;
  for await (const portion of portions(answers())) {
    const prompts = await promptsOf(db, portion);
    for (const { task_id: task } of prompts.values()) tasks.add(String(task));
    const open = portion.filter(({ id: prompt }) => prompts.get(prompt)?.['done'] === false);
    await insertOnce(
      db.collection('responses'),
      open.map((answer) => responseOf(answer, prompts.get(answer.id) ?? {})),
    );
    const ids = open.map(({ id: prompt }) => new ObjectId(prompt));
    const { modifiedCount } = await db
      .collection('prompts')
      .updateMany({ _id: { $in: ids }, done: false }, { $set: { done: true } });
    written += modifiedCount;
  }
  const done: string[] = [];
  for (const task of tasks) if (await settle(mongo, new ObjectId(task))) done.push(task);
  return { answers: count, written, known: count - written, done };
}

async function refuseUnknown(db: Db, answers: AsyncIterable<BatchAnswer>): Promise<number> {
  const unknown: string[] = [];
  let count = 0;
  let missing = 0;
  for await (const portion of portions(answers)) {
    count += portion.length;
    const prompts = await promptsOf(db, portion);
    for (const { id: prompt } of portion) {
      if (prompts.has(prompt)) continue;
      missing++;
      if (unknown.length < MAX_TOLD) unknown.push(prompt);
    }
  }
  if (missing === 0) return count;
  const more = missing > unknown.length ? `, and ${missing - unknown.length} more` : '';
  throw new PermanentError(
    'BadMessage',
    `${missing} of ${count} answers are to prompts that are not there: ${unknown.join(', ')}${more}. Nothing was written. ` +
      'Is it the file of another stack, or was the task removed meanwhile?',
  );
}

async function* portions(answers: AsyncIterable<BatchAnswer>): AsyncGenerator<BatchAnswer[]> {
  let portion: BatchAnswer[] = [];
  for await (const answer of answers) {
    portion.push(answer);
    if (portion.length < BATCH) continue;
    yield portion;
    portion = [];
  }
  if (portion.length > 0) yield portion;
}

async function promptsOf(db: Db, answers: readonly BatchAnswer[]): Promise<Map<string, Document>> {
  const ids = answers.map(({ id: prompt }) => new ObjectId(prompt));
  const found = await db
    .collection('prompts')
    .find({ _id: { $in: ids } }, { projection: { task_id: 1, instance_id: 1, done: 1 } })
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

function badLine(file: string, number: number, why: string): PermanentError {
  return new PermanentError('BadMessage', `${file}, line ${number}: ${why}. Nothing was written.`);
}
