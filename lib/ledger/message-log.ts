import type { Collection, Db, ObjectId } from 'mongodb';
import { droppedId, rejectionId, resumedId, retryId } from '../documents/ids.ts';
import { isDuplicateKey } from '../documents/write.ts';
import {
  bodyHash,
  bodyOf,
  type Dropped,
  forgetAt,
  type MessageRecord,
  type PlanRecord,
  RECORDS,
  type Reason,
  type RefusedTask,
  reasonOf,
  shortReason,
} from './records.ts';

/** A delivered message, as far as its records are concerned. */
export interface LoggedMessage {
  readonly requestId: string;
  /** Its id as SQS delivers it, where it names another one as its own. */
  readonly messageId?: string;
  readonly body: string;
}

/** A delivery whose identity is in question. */
export interface Delivered extends LoggedMessage {
  /** Whether the message says itself who it is, so that its id does not matter. */
  readonly named: boolean;
  /** Whether it names but the id that SQS gave it. */
  readonly putBack?: boolean;
  /** How often it was received, this time included. */
  readonly received: number;
}

/** Who a message is, and whether it continues with what a message before it had begun. */
export interface Identity {
  readonly requestId: string;
  readonly resumed: boolean;
  /** Whether it says that it is a request which another message is, so that it has no part in it. */
  readonly foreign?: true;
}

/** Without progress for so long, a load is over; what comes after all still counts. */
const LOAD_MS = 24 * 3600 * 1000;

/**
 * Gives register messages an outcome whose loads nobody works on any more: their parts are lost, or lie in the dead-letter queue.
 * @returns how many there were
 */
export async function giveUpLoads(db: Db, now: Date = new Date()): Promise<number> {
  const message =
    'No part of its data sets was loaded for 24 hours. Look at the dead-letter queue, or register the tasks again.';
  const { modifiedCount } = await db.collection<MessageRecord>(RECORDS).updateMany(
    { state: 'registering', updated_at: { $lt: new Date(now.getTime() - LOAD_MS) } },
    {
      $set: {
        state: 'rejected',
        error: { code: 'LeaseExpired', message },
        updated_at: now,
        expires_at: forgetAt(now),
      },
    },
  );
  return modifiedCount;
}

/** What `sample_requests` keeps of one queue's messages: why they were refused or dropped, what came of them, and which are not done. */
export class MessageLog {
  private readonly records: Collection<MessageRecord>;
  private readonly plans: Collection<PlanRecord>;
  private readonly queue: string;
  private readonly now: () => Date;

  constructor(db: Db, queue: string, now: () => Date = () => new Date()) {
    this.records = db.collection<MessageRecord>(RECORDS);
    this.plans = db.collection<PlanRecord>(RECORDS);
    this.queue = queue;
    this.now = now;
  }

  /** Keeps the reason why a message was refused or abandoned; one record per message, with the last reason. */
  async reject(message: LoggedMessage, reason: Reason): Promise<void> {
    await this.note(rejectionId, message, { state: 'rejected', error: reasonOf(reason) }, { loads: '' });
  }

  /** Keeps which tasks of a message are refused, each with its own reason. */
  async refused(message: LoggedMessage, tasks: readonly RefusedTask[]): Promise<void> {
    const refused = tasks.map(({ task, ...reason }) => ({ task, ...shortReason(reason) }));
    await this.note(rejectionId, message, { state: 'rejected', refused });
  }

  /** Keeps what a register message came to, in place of what its earlier tries may have come to. */
  async registered(message: LoggedMessage, { tables, rows }: Pick<MessageRecord, 'tables' | 'rows'>): Promise<void> {
    const loaded = { state: 'registered', tables: tables ?? 0, rows: rows ?? 0 } as const;
    await this.note(rejectionId, message, loaded, { error: '', refused: '' });
  }

  /** Keeps that a register message waits for a load, before its parts are sent out. */
  async registering(message: LoggedMessage, load: string): Promise<void> {
    const _id = await this.note(rejectionId, message, { state: 'registering' }, { error: '' });
    await this.records.updateOne({ _id }, { $addToSet: { loads: load } });
  }

  /** Tells all messages that wait for a load that it is done, or why it is not. */
  async loadOver(load: string, reason?: Reason): Promise<void> {
    const now = this.now();
    const times = { updated_at: now, expires_at: forgetAt(now) };
    await this.records.updateMany(
      { loads: load },
      reason
        ? { $set: { ...times, state: 'rejected', error: reasonOf(reason) } }
        : { $set: times, $pull: { loads: load }, $unset: { error: '' } },
    );
    if (!reason)
      await this.records.updateMany({ loads: { $size: 0 } }, { $set: { state: 'registered' }, $unset: { loads: '' } });
  }

  /** Keeps that nothing is done for a task, and which request is in its way. */
  async dropped(message: LoggedMessage, { task, inProgress }: Dropped): Promise<void> {
    const reason = `a request of this kind is in progress: ${inProgress}. Ask again when it is done.`;
    const error = { code: 'Dropped', message: reason };
    await this.note((id) => droppedId(id, task), message, { state: 'dropped', task, error });
  }

  /** Keeps that nothing was to be done for a message, and why; `task` where it is about one. */
  async withoutWork(message: LoggedMessage, why: string, task?: string): Promise<void> {
    const error = { code: 'Dropped', message: why };
    const idOf = (id: string) => droppedId(id, task ?? '');
    await this.note(idOf, message, { state: 'dropped', ...(task === undefined ? {} : { task }), error });
  }

  /** Notes that a load gets on, for those who wait for it. */
  async loadGoesOn(load: string): Promise<void> {
    const now = this.now();
    const times = { updated_at: now, expires_at: forgetAt(now) };
    await this.records.updateMany({ loads: load, state: 'registering' }, { $set: times });
  }

  /**
   * Who a delivered message is. SQS gives a message another id when it moved it to the dead-letter queue by itself (its
   * function died on it time and again) and an operator sends it back. So a message that is delivered more than once is noted
   * by its text until it is done, and an equal one continues with what was begun for it: nothing is asked for twice.
   */
  async identify({ requestId, body, named, putBack, received }: Delivered): Promise<Identity> {
    const own = { requestId, resumed: false };
    if (named && (await this.isAnothers(requestId, body))) return { ...own, foreign: true };
    if (named && !putBack) return own;
    const record = await this.noted({ requestId, body }, received > 1);
    if (!record || record.request_id === requestId) return own;
    if (await this.unfinished(record.request_id)) {
      // Whoever sent this one looks for it by its own id.
      const continues = record.request_id;
      await this.note(resumedId, { requestId, body }, { state: 'resumed', continues });
      return { requestId: continues, resumed: true };
    }
    if (received > 1) await this.records.updateOne({ _id: record._id }, { $set: { request_id: requestId } });
    return own;
  }

  /** Those of several messages that name a request themselves which came of another message, or may come of another one of these. */
  async foreign<Message extends Delivered>(messages: readonly Message[]): Promise<ReadonlySet<Message>> {
    const named = messages.filter((message) => message.named);
    if (named.length === 0) return new Set();
    const found = await this.plans
      .find(
        { request_id: { $in: named.map(({ requestId }) => requestId) }, body_hash: { $exists: true } },
        { projection: { _id: 0, request_id: 1, body_hash: 1 } },
      )
      .toArray();
    const isAnothers = ({ requestId, body }: Message) => {
      const plans = found.filter(({ request_id }) => request_id === requestId);
      if (plans.length > 0) return plans.some(({ body_hash }) => body_hash !== bodyHash(body));
      return messages.some((other) => other.requestId === requestId && other.body !== body);
    };
    return new Set(named.filter(isAnothers));
  }

  /** Where it is noted that a message of this text is not done: beside that note nothing new is begun for an equal one. */
  noteOf({ body }: Pick<LoggedMessage, 'body'>): ObjectId {
    return retryId(this.queue, body);
  }

  /** Forgets that a message was not done. */
  async settle({ body }: Pick<LoggedMessage, 'body'>): Promise<void> {
    await this.records.deleteOne({ _id: retryId(this.queue, body) });
  }

  /** Whether a request of that identity came of another message: any sender may name any. */
  private async isAnothers(requestId: string, body: string): Promise<boolean> {
    const another = { $exists: true, $ne: bodyHash(body) };
    const found = await this.plans.findOne({ request_id: requestId, body_hash: another }, { projection: { _id: 1 } });
    return found !== null;
  }

  /** The note of a message that is not done; made where there is none and it is asked for. */
  private async noted({ requestId, body }: LoggedMessage, make: boolean): Promise<MessageRecord | null> {
    const _id = retryId(this.queue, body);
    if (!make) return this.records.findOne({ _id });
    const now = this.now();
    try {
      return await this.records.findOneAndUpdate(
        { _id },
        {
          $set: { updated_at: now, expires_at: forgetAt(now) },
          $setOnInsert: {
            request_id: requestId,
            state: 'retrying',
            queue: this.queue,
            body: bodyOf(body),
            created_at: now,
          },
        },
        { upsert: true, returnDocument: 'after' },
      );
    } catch (error) {
      if (!isDuplicateKey(error)) throw error;
      return this.records.findOne({ _id });
    }
  }

  /**
   * Makes or changes the record of a message; `idOf` an identity. Any sender may name any request: where a message of another body has
   * the record already, this one's stands under the id that SQS gave it.
   * @returns the record's `_id`
   */
  private async note(
    idOf: (requestId: string) => ObjectId,
    { requestId, messageId = requestId, body }: LoggedMessage,
    set: Partial<MessageRecord>,
    unset: { error?: ''; loads?: ''; refused?: '' } = {},
  ): Promise<ObjectId> {
    const now = this.now();
    const text = { queue: this.queue, body: bodyOf(body) };
    const $set = { ...set, updated_at: now, expires_at: forgetAt(now) };
    const ofSqs = { _id: idOf(messageId) };
    const ofItsOwn = () =>
      this.records.updateOne(
        ofSqs,
        { $set: { ...$set, ...text }, $unset: unset, $setOnInsert: { request_id: messageId, created_at: now } },
        { upsert: true },
      );
    if (messageId === requestId) {
      await ofItsOwn();
      return ofSqs._id;
    }
    const named = { _id: idOf(requestId), ...text };
    const $setOnInsert = { request_id: requestId, created_at: now };
    try {
      await this.records.updateOne(named, { $set, $unset: unset, $setOnInsert }, { upsert: true });
      return named._id;
    } catch (error) {
      if (!isDuplicateKey(error)) throw error;
    }
    // It was made this moment, or it is another's.
    const { matchedCount } = await this.records.updateOne(named, { $set, $unset: unset });
    if (matchedCount === 1) return named._id;
    await ofItsOwn();
    return ofSqs._id;
  }

  /** Whether work was planned under that identity and not all of it is done. */
  private async unfinished(requestId: string): Promise<boolean> {
    const states = ['in_progress', 'failed', 'sweeping', 'swept'] as const;
    const found = await this.plans.findOne(
      { request_id: requestId, state: { $in: states } },
      { projection: { _id: 1 } },
    );
    return found !== null;
  }
}
