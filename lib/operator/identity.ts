import { type Db, ObjectId } from 'mongodb';

const OBJECT_ID = /^[0-9a-f]{24}$/i;
const RECORDS = 'sample_requests';

/**
 * The tasks (`_id` of their documents and plans, as hexadecimal digits) that an id leads to: of a task, a plan, a request or a
 * message of one, an instance, a prompt, or the evaluate message of a task. None where it leads to nothing.
 */
export async function tasksOfId(db: Db, id: string): Promise<string[]> {
  const found = new Set<string>();
  if (OBJECT_ID.test(id)) {
    const _id = new ObjectId(id);
    const only = { projection: { _id: 1, task_id: 1 } } as const;
    const [task, plan, evaluation, instance, prompt] = await Promise.all([
      db.collection('tasks').findOne({ _id }, only),
      db.collection(RECORDS).findOne({ _id }, { projection: { _id: 1, task: 1, shards: 1, request_id: 1 } }),
      db.collection('evaluations').findOne({ _id, kind: 'task' }, only),
      db.collection('instances').findOne({ _id }, only),
      db.collection('prompts').findOne({ _id }, only),
    ]);
    if (task || evaluation || typeof plan?.['shards'] === 'number') found.add(_id.toHexString());
    for (const part of [instance, prompt]) if (part?.['task_id']) found.add(String(part['task_id']));
    if (found.size === 0 && plan) for (const of of await plansOf(db, String(plan['request_id']))) found.add(of);
    return [...found];
  }
  return plansOf(db, id);
}

/** The identity of the request that a plan belongs to; undefined where no such plan is known. */
export async function requestOfPlan(db: Db, plan: string): Promise<string | undefined> {
  if (!OBJECT_ID.test(plan)) return undefined;
  const record = await db.collection(RECORDS).findOne({ _id: new ObjectId(plan) }, { projection: { request_id: 1 } });
  return record === null ? undefined : String(record['request_id']);
}

/** The plans of a request, of the one that it goes on with, and the task that an evaluate message names. */
async function plansOf(db: Db, requestId: string): Promise<string[]> {
  const records = await db
    .collection(RECORDS)
    .find({ request_id: requestId }, { projection: { continues: 1, shards: 1, body: 1 } })
    .toArray();
  const earlier = records.flatMap(({ continues }) => (typeof continues === 'string' ? [continues] : []));
  const continued =
    earlier.length === 0
      ? []
      : await db
          .collection(RECORDS)
          .find({ request_id: { $in: earlier } }, { projection: { shards: 1 } })
          .toArray();
  const plans = [...records, ...continued].flatMap(({ _id, shards }) =>
    typeof shards === 'number' ? [String(_id)] : [],
  );
  const named = records.flatMap(
    ({ body }) => /^\s*\{\s*"task_id"\s*:\s*"([0-9a-fA-F]{24})"/.exec(String(body))?.[1] ?? [],
  );
  return [...new Set([...plans, ...named])];
}
