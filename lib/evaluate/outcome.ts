import type { ClientSession, Db, Document, MongoClient, ObjectId } from 'mongodb';
import { inMongoTransaction } from '../clients/mongo-transaction.ts';
import type { Queue } from '../queue/queue.ts';
import { type EvaluationRecord, evaluationsOf, forgetEvaluationAt } from './records.ts';
import { type ResultOf, resultFields } from './samples.ts';

/** Where outcomes are written and told. */
export interface OutcomeServices {
  readonly mongo: MongoClient;
  readonly db: Db;
  readonly evaluatedQueue: Pick<Queue, 'send'>;
  readonly now?: () => Date;
}

/** One process has this long to tell an outcome before another may. */
const TELLING_MS = 60_000;

/** What is noted of an evaluation when it ends. */
export type Report = Partial<
  Omit<EvaluationRecord, '_id' | 'kind' | 'task_id' | 'state' | 'updated_at' | 'expires_at' | 'sent'>
>;

/**
 * Writes a task's outcome in one transaction: `results`, the task's mark, our own record, and the note that it is to be
 * told. Whoever comes second changes nothing.
 * @returns false where the task has an outcome already, or is gone
 */
export async function writeOutcome(
  { mongo, db, now = () => new Date() }: OutcomeServices,
  result: Omit<ResultOf, 'now'>,
  report: Report,
): Promise<boolean> {
  const at = now();
  const evaluated = result.status === 0;
  const fields = resultFields({ ...result, now: at });
  const mark = evaluated ? { evaluated: true, done: true } : { drop: true };
  return inMongoTransaction(mongo, async (session) => {
    const { matchedCount } = await db
      .collection('tasks')
      .updateOne({ _id: result.taskId, evaluated: { $ne: true }, drop: { $ne: true } }, { $set: mark }, { session });
    if (matchedCount === 0) return false;
    await db
      .collection('results')
      .updateOne({ 'result_data.task_id': result.taskId }, { $set: fields }, { upsert: true, session });
    await noteOutcome(db, session, result.taskId, evaluated, report, at);
    return true;
  });
}

async function noteOutcome(
  db: Db,
  session: ClientSession,
  id: ObjectId,
  evaluated: boolean,
  report: Report,
  at: Date,
): Promise<void> {
  const set: Document = {
    ...report,
    kind: 'task',
    task_id: id,
    state: evaluated ? 'evaluated' : 'failed',
    untold: true,
    updated_at: at,
    expires_at: forgetEvaluationAt(at),
  };
  await evaluationsOf(db).updateOne(
    { _id: id },
    { $set: set, $unset: { next_at: '', telling_until: '' }, $setOnInsert: { sent: 0 } },
    { upsert: true, session },
  );
}

/**
 * Tells an outcome to the queue `evaluated`, unless that was done or another process is at it. A process that dies between
 * sending and noting it leaves open whether it was told. The next one, a minute later at the earliest, takes it for told where the
 * task is gone: whoever was told removes it. Where it is still there the message may come twice, but never not at all.
 * @returns whether it was told here
 */
export async function tellOutcome(
  { db, evaluatedQueue, now = () => new Date() }: OutcomeServices,
  id: ObjectId,
): Promise<boolean> {
  const at = now();
  const claimed = await evaluationsOf(db).findOneAndUpdate(
    { _id: id, untold: true, $or: [{ telling_until: { $exists: false } }, { telling_until: { $lt: at } }] },
    { $set: { telling_until: new Date(at.getTime() + TELLING_MS) } },
    { projection: { telling_until: 1 } },
  );
  if (!claimed) return false;
  const told = claimed.telling_until !== undefined && (await isGone(db, id));
  try {
    if (!told) await evaluatedQueue.send([JSON.stringify({ task_id: id.toHexString() })]);
  } catch (error) {
    // The next try need not wait until this one's time is over. Where MongoDB is away too, it has to.
    await evaluationsOf(db)
      .updateOne({ _id: id, untold: true }, { $set: { telling_until: at } })
      .catch(() => {});
    throw error;
  }
  await evaluationsOf(db).updateOne(
    { _id: id, untold: true },
    { $set: { told_at: now() }, $unset: { untold: '', telling_until: '' } },
  );
  return !told;
}

async function isGone(db: Db, _id: ObjectId): Promise<boolean> {
  return (await db.collection('tasks').findOne({ _id }, { projection: { _id: 1 } })) === null;
}

/** Outcomes that are still to be told, as their process died or SQS was away. */
export function untoldOutcomes(db: Db): AsyncIterable<Pick<EvaluationRecord, '_id'>> {
  return evaluationsOf(db).find({ untold: true }, { projection: { _id: 1 }, limit: 1000 });
}
