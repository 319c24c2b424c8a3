import type { Collection, Db, ObjectId } from 'mongodb';
import { droppedId, rejectionId, resumedId, retryId } from '../documents/ids.ts';
import { isDuplicateKey } from '../documents/write.ts';
import {
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
  readonly body: string;
}

/** A delivery whose identity is in question. */
export interface Delivered extends LoggedMessage {
  /** Whether the message says itself who it is, so that its id does not matter. */
  readonly named: boolean;
  /** How often it was received, this time included. */
  readonly received: number;
}

/** Who a message is, and whether it continues with what a message before it had begun. */
export interface Identity {
  readonly requestId: string;
  readonly resumed: boolean;
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
    await this.note(
      rejectionId(message.requestId),
      message,
      { state: 'rejected', error: reasonOf(reason) },
      { loads: '' },
    );
  }

  /** Keeps which tasks of a message are refused, each with its own reason. */
  async refused(message: LoggedMessage, tasks: readonly RefusedTask[]): Promise<void> {
    const refused = tasks.map(({ task, ...reason }) => ({ task, ...shortReason(reason) }));
    await this.note(rejectionId(message.requestId), message, { state: 'rejected', refused });
  }

  /** Keeps what a register message came to, in place of what its earlier tries may have come to. */
  async registered(message: LoggedMessage, { tables, rows }: Pick<MessageRecord, 'tables' | 'rows'>): Promise<void> {
    const loaded = { state: 'registered', tables: tables ?? 0, rows: rows ?? 0 } as const;
    await this.note(rejectionId(message.requestId), message, loaded, { error: '', refused: '' });
  }

  /** Keeps that a register message waits for a load, before its parts are sent out. */
  async registering(message: LoggedMessage, load: string): Promise<void> {
    const _id = rejectionId(message.requestId);
    await this.note(_id, message, { state: 'registering' }, { error: '' });
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
    await this.note(droppedId(message.requestId, task), message, { state: 'dropped', task, error });
  }

  /**
   * Who a delivered message is. SQS gives a message another id when it moved it to the dead-letter queue by itself (its
   * function died on it time and again) and an operator sends it back. So a message that is delivered more than once is noted
   * by its text until it is done, and an equal one continues with what was begun for it: nothing is asked for twice.
   */
  async identify({ requestId, body, named, received }: Delivered): Promise<Identity> {
    const own = { requestId, resumed: false };
    if (named) return own;
    const record = await this.noted({ requestId, body }, received > 1);
    if (!record || record.request_id === requestId) return own;
    if (await this.unfinished(record.request_id)) {
      // Whoever sent this one looks for it by its own id.
      const continues = record.request_id;
      await this.note(resumedId(requestId), { requestId, body }, { state: 'resumed', continues });
      return { requestId: continues, resumed: true };
    }
    if (received > 1) await this.records.updateOne({ _id: record._id }, { $set: { request_id: requestId } });
    return own;
  }

  /** Forgets that a message was not done. */
  async settle({ body }: Pick<LoggedMessage, 'body'>): Promise<void> {
    await this.records.deleteOne({ _id: retryId(this.queue, body) });
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

  /** Makes or changes the record of a message. */
  private async note(
    _id: ObjectId,
    { requestId, body }: LoggedMessage,
    set: Partial<MessageRecord>,
    unset: { error?: ''; loads?: ''; refused?: '' } = {},
  ): Promise<void> {
    const now = this.now();
    await this.records.updateOne(
      { _id },
      {
        $set: { ...set, updated_at: now, expires_at: forgetAt(now) },
        $unset: unset,
        $setOnInsert: { request_id: requestId, queue: this.queue, body: bodyOf(body), created_at: now },
      },
      { upsert: true },
    );
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
