import { type Db, type Document, Long, type ObjectId } from 'mongodb';
import { PermanentError } from '../errors/errors.ts';

/** The files that prompts are written to: OpenAI's batch input, or a line of plain JSON for programs of one's own. */
export const BATCH_FORMATS = ['openai-batch', 'jsonl'] as const;
/** One of them. */
export type BatchFormat = (typeof BATCH_FORMATS)[number];

/**
 * The session up to which the Requester leaves reserved prompts alone: it takes those whose `trigger_session` is lower than
 * the current one. The largest int that every reader of these documents can hold.
 */
const RESERVED = Long.fromNumber(Number.MAX_SAFE_INTEGER);
/** Instances whose prompts are read together. */
const BATCH = 500;

/** A task whose prompts go elsewhere. */
export interface BatchTask {
  readonly id: ObjectId;
  readonly task: string;
  readonly path: string;
  readonly method: string;
}

/**
 * The tasks with these ids.
 * @throws PermanentError UnknownTask naming ids that are none, UnsupportedTask for signatures, which are no prompts
 */
export async function batchTasks(db: Db, ids: readonly ObjectId[]): Promise<BatchTask[]> {
  const found = await db
    .collection('tasks')
    .find({ _id: { $in: [...ids] } }, { projection: { framework: 1, tasks: 1, requester_args: 1 } })
    .toArray();
  const byId = new Map(found.map((document) => [document._id.toHexString(), document]));
  const missing = ids.filter((id) => !byId.has(id.toHexString()));
  if (missing.length > 0) {
    throw new PermanentError('UnknownTask', `there is no document in tasks with the _id ${missing.join(', ')}.`);
  }
  return ids.map((id) => {
    const { framework, tasks, requester_args: args }: Document = byId.get(id.toHexString()) ?? {};
    if (framework === 'signatures') {
      throw new PermanentError('UnsupportedTask', `${id} is a signature, which suppliers alone can answer.`);
    }
    return { id, task: String(tasks), path: String(args?.path), method: String(args?.method ?? 'POST') };
  });
}

/** Keeps the Requester from sending the open prompts of these tasks. Returns how many there are. */
export async function reservePrompts(db: Db, tasks: readonly BatchTask[]): Promise<number> {
  return await setSession(db, tasks, RESERVED);
}

/** Gives the open prompts of these tasks back to the Requester. Returns how many there are. */
export async function releasePrompts(db: Db, tasks: readonly BatchTask[]): Promise<number> {
  return await setSession(db, tasks, Long.ZERO);
}

async function setSession(db: Db, tasks: readonly BatchTask[], session: Long): Promise<number> {
  const open = { task_id: { $in: tasks.map(({ id }) => id) }, done: false };
  const { matchedCount } = await db.collection('prompts').updateMany(open, { $set: { trigger_session: session } });
  return matchedCount;
}

/**
 * The open prompts of a task as lines of a file, by document; each body is `prompts.data`, byte for byte, and the id is the
 * prompt's. Reads some hundred at a time.
 */
export async function* batchLines(db: Db, task: BatchTask, format: BatchFormat): AsyncGenerator<string> {
  const instances = db
    .collection('instances')
    .aggregate(
      [{ $match: { task_id: task.id } }, { $project: { doc_id: 1, idx: 1 } }, { $sort: { doc_id: 1, idx: 1, _id: 1 } }],
      { allowDiskUse: true },
    );
  let portion: Document[] = [];
  for await (const instance of instances) {
    portion.push(instance);
    if (portion.length < BATCH) continue;
    yield* linesOf(db, task, format, portion);
    portion = [];
  }
  yield* linesOf(db, task, format, portion);
}

async function* linesOf(
  db: Db,
  task: BatchTask,
  format: BatchFormat,
  instances: readonly Document[],
): AsyncGenerator<string> {
  if (instances.length === 0) return;
  const prompts = await db
    .collection('prompts')
    .find(
      { task_id: task.id, instance_id: { $in: instances.map(({ _id }) => _id) }, done: false },
      { projection: { data: 1, instance_id: 1 } },
    )
    .toArray();
  const byInstance = Map.groupBy(prompts, ({ instance_id: id }) => String(id));
  for (const { _id, doc_id: docId, idx } of instances) {
    for (const prompt of byInstance.get(String(_id)) ?? []) {
      yield lineOf(task, format, {
        id: String(prompt._id),
        docId: Number(docId),
        idx: Number(idx),
        data: prompt['data'],
      });
    }
  }
}

function lineOf(
  { id: taskId, task, path, method }: BatchTask,
  format: BatchFormat,
  { id, docId, idx, data }: { id: string; docId: number; idx: number; data: string },
): string {
  // The body is put in as the text that it is: printed anew it would be another one.
  const about = { method, url: path };
  const more = format === 'jsonl' ? { ...about, task_id: taskId.toHexString(), task, doc_id: docId, idx } : about;
  const head = JSON.stringify({ custom_id: id, ...more });
  return `${head.slice(0, -1)},"body":${data}}`;
}
