import type { Collection, Db } from 'mongodb';
import { rejectionId, retryId } from '../documents/ids.ts';
import { isDuplicateKey } from '../documents/write.ts';
import { forgetAt, type MessageRecord, type PlanRecord, RECORDS, type Reason } from './records.ts';

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

/** What `sample_requests` keeps of one queue's messages: why they were refused, and which of them are not done. */
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
  async reject({ requestId, body }: LoggedMessage, { code, message }: Reason): Promise<void> {
    const now = this.now();
    await this.records.updateOne(
      { _id: rejectionId(requestId) },
      {
        $set: { error: { code, message }, updated_at: now, expires_at: forgetAt(now) },
        $setOnInsert: { request_id: requestId, state: 'rejected', queue: this.queue, body, created_at: now },
      },
      { upsert: true },
    );
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
    if (await this.unfinished(record.request_id)) return { requestId: record.request_id, resumed: true };
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
          $setOnInsert: { request_id: requestId, state: 'retrying', queue: this.queue, body, created_at: now },
        },
        { upsert: true, returnDocument: 'after' },
      );
    } catch (error) {
      if (!isDuplicateKey(error)) throw error;
      return this.records.findOne({ _id });
    }
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
