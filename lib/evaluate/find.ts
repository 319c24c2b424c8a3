import type { Db, ObjectId } from 'mongodb';
import { isDuplicateKey } from '../documents/write.ts';
import type { Logger } from '../log/log.ts';
import type { Queue } from '../queue/queue.ts';
import { dropTask } from './evaluate.ts';
import { type OutcomeServices, tellOutcome, untoldOutcomes } from './outcome.ts';
import { type EvaluationRecord, evaluationsOf, forgetEvaluationAt } from './records.ts';

/** What the clock needs. */
export interface FindServices extends OutcomeServices {
  readonly evaluateQueue: Pick<Queue, 'send'>;
}

/** What one look came to. */
export interface Found {
  /** Tasks sent to be evaluated. */
  sent: number;
  /** Tasks abandoned: sent as often as they are, and still without an outcome. */
  givenUp: number;
  /** Outcomes told that their own process did not tell. */
  told: number;
}

/** A task is sent at most this often; each time after a longer wait, minutes at first, a day in the end. */
const WAITS_MINUTES = [15, 60, 240, 720, 1440];
/** Tasks looked at in one go; the rest is for the next. */
const AT_A_TIME = 1000;
const LOOK_MS = 30_000;

/**
 * Sends tasks to be evaluated that are done, evaluated by nobody and not dropped, and those whose prompts are all done
 * though the task was never marked so, as Requesters race at the end. The bound on repeats keeps a task that nobody can
 * evaluate from coming back forever: it gets its outcome like any other that can't be evaluated.
 */
export async function findTasks(services: FindServices, log: Logger): Promise<Found> {
  const found: Found = { sent: 0, givenUp: 0, told: 0 };
  for await (const { _id } of untoldOutcomes(services.db)) if (await tellOutcome(services, _id)) found.told++;
  const claimed: Answered[] = [];
  for await (const task of toEvaluate(services.db)) {
    const id = task._id;
    const claim = await claimSending(services, id);
    if (claim === 'sent') claimed.push(task);
    if (claim !== 'worn out') continue;
    log.error('a task was sent to be evaluated again and again without an outcome; it is abandoned', {
      task_id: id.toHexString(),
    });
    const message = `It was sent ${WAITS_MINUTES.length} times and never evaluated; the log and the dead-letter queue say why.`;
    if (await dropTask(services, id, { error: { code: 'GivenUp', message } })) found.givenUp++;
  }
  await send(services, claimed);
  found.sent = claimed.length;
  return found;
}

/**
 * Sends tasks that were claimed, each in its supplier's group, so that one whose tasks are thousands does not hold up the others;
 * where the queue does not take them, the next look may claim them again at once.
 */
async function send({ db, evaluateQueue }: FindServices, tasks: readonly Answered[]): Promise<void> {
  const ids = tasks.map(({ _id }) => _id);
  try {
    const bodies = ids.map((id) => JSON.stringify({ task_id: id.toHexString() }));
    await evaluateQueue.send(bodies, tasks.map(supplierOf));
  } catch (error) {
    await evaluationsOf(db)
      .updateMany({ _id: { $in: ids }, state: 'sent' }, { $inc: { sent: -1 }, $unset: { next_at: '' } })
      .catch(() => {});
    throw error;
  }
}

/** A task whose answers are there, and whom it asked. */
interface Answered {
  readonly _id: ObjectId;
  readonly requester_args?: { readonly address?: unknown };
}
/** What is read of it. */
const ANSWERED = { 'requester_args.address': 1 } as const;

function supplierOf({ requester_args: asked }: Answered): string | undefined {
  return typeof asked?.address === 'string' ? asked.address : undefined;
}

async function* toEvaluate(db: Db): AsyncGenerator<Answered> {
  const waiting = { evaluated: false, drop: false, framework: /lmeh/ };
  const tasks = db.collection<Answered>('tasks');
  yield* tasks.find({ ...waiting, done: true }, { projection: ANSWERED, limit: AT_A_TIME });
  const unmarked = db
    .collection('tasks')
    .aggregate<Answered>(
      [
        { $match: { ...waiting, done: false } },
        { $project: ANSWERED },
        { $lookup: lookup('open', { done: { $ne: true } }) },
        { $match: { open: [] } },
        { $lookup: lookup('any', {}) },
        { $match: { any: { $ne: [] } } },
        { $limit: AT_A_TIME },
        { $project: ANSWERED },
      ],
      { maxTimeMS: LOOK_MS },
    );
  yield* unmarked;
}

/** One prompt of the task, if there is such a one. */
function lookup(as: string, which: Record<string, unknown>) {
  return {
    from: 'prompts',
    localField: '_id',
    foreignField: 'task_id',
    pipeline: [{ $match: which }, { $limit: 1 }, { $project: { _id: 1 } }],
    as,
  };
}

/** Notes that a task is sent; of two clocks at a time one does. */
async function claimSending(
  { db, now = () => new Date() }: FindServices,
  id: ObjectId,
): Promise<'sent' | 'waiting' | 'worn out'> {
  const at = now();
  const records = evaluationsOf(db);
  const known = await records.findOne({ _id: id });
  if (known?.next_at && known.next_at > at) return 'waiting';
  const times = known?.sent ?? 0;
  const wait = WAITS_MINUTES[times];
  if (wait === undefined) return 'worn out';
  const set = {
    state: 'sent' as const,
    next_at: new Date(at.getTime() + wait * 60_000),
    updated_at: at,
    expires_at: forgetEvaluationAt(at),
  };
  if (known) {
    const { modifiedCount } = await records.updateOne({ _id: id, sent: times }, { $set: { ...set, sent: times + 1 } });
    return modifiedCount === 1 ? 'sent' : 'waiting';
  }
  const record: EvaluationRecord = { _id: id, kind: 'task', task_id: id, sent: 1, ...set };
  try {
    await records.insertOne(record);
    return 'sent';
  } catch (error) {
    if (isDuplicateKey(error)) return 'waiting';
    throw error;
  }
}
