import {
  type ClientSession,
  type Collection,
  type Db,
  type Document,
  type Filter,
  type MongoClient,
  MongoServerError,
  type ObjectId,
} from 'mongodb';
import { inMongoTransaction } from '../clients/mongo-transaction.ts';
import { duplicatesOf, isDuplicateKey } from '../documents/write.ts';
import { forgetAt, type NewPlan, type PlanRecord, RECORDS, type Reason, reasonOf } from './records.ts';

/** A plan's record without its list of documents, which can be long. */
export type PlanProgress = Omit<PlanRecord, 'doc_ids'>;

/** Which attempt at a plan is meant: what an earlier one still does has no effect on it. */
export type Attempt = Pick<PlanRecord, '_id' | 'attempt'>;

/** One sweep of a plan, as {@link Ledger.startSweep} gave it: what an earlier one still does has no effect on it. */
export type Sweep = Pick<PlanRecord, '_id' | 'sweep_until'>;

/** The error under which a request that stopped making progress is abandoned. */
export const LEASE_EXPIRED = 'LeaseExpired';

/** The states of a plan that has an `error`. */
const GIVEN_UP = ['failed', 'sweeping', 'swept'] as const;

/** The last place that MongoDB can be asked for. */
const MAX_PLACE = 2 ** 31 - 1;

/** One sweep's time to remove what a plan left: above the time-out of the function `sweep` in serverless.yml. */
const SWEEP_MS = 5 * 60 * 1000;

/**
 * What {@link Ledger.begin} found: our plan (new or already known), another request of the same kind at work, or the record beside
 * which nothing may be recorded.
 */
export type Begun =
  | { readonly kind: 'ours'; readonly record: PlanRecord; readonly isNew: boolean }
  | { readonly kind: 'busy'; readonly other: PlanRecord }
  | { readonly kind: 'noted' };

/** What {@link Ledger.revive} came to: the plan is at work again, or another request of its kind is. */
export type Revived =
  | { readonly kind: 'revived'; readonly record: PlanRecord }
  | { readonly kind: 'busy'; readonly other: PlanRecord };

/**
 * The progress of requests, in `sample_requests`. Every change is one atomic operation that states what it expects, so that
 * messages may arrive late, twice or at the same time. A request holds its place by a lease that each finished shard renews.
 */
export class Ledger {
  private readonly records: Collection<PlanRecord>;
  private readonly leaseMs: number;
  private readonly now: () => Date;

  constructor(db: Db, leaseMs: number, now: () => Date = () => new Date()) {
    this.records = db.collection<PlanRecord>(RECORDS);
    this.leaseMs = leaseMs;
    this.now = now;
  }

  /**
   * Records a plan unless it is known or a request of its kind is in progress. A request whose lease ran out is failed first.
   * @param unless a record beside which nothing may be recorded: one command asks for it and records the plan
   */
  async begin(plan: NewPlan, unless?: ObjectId): Promise<Begun> {
    for (;;) {
      const record = this.newRecord(plan);
      try {
        await (unless === undefined ? this.records.insertOne(record) : this.insertUnless(record, unless));
        return { kind: 'ours', record, isNew: true };
      } catch (error) {
        if (isImpossibleUpdate(error)) return { kind: 'noted' };
        if (!isDuplicateKey(error)) throw error;
      }
      const known = await this.records.findOne({ _id: plan._id });
      if (known) return { kind: 'ours', record: known, isNew: false };
      const { framework, task, address, service } = plan;
      const other = await this.records.findOne({ framework, task, address, service, active: true });
      if (other && !(await this.expire(other._id))) return { kind: 'busy', other };
    }
  }

  private newRecord(plan: NewPlan): PlanRecord {
    const now = this.now();
    return {
      ...plan,
      state: 'in_progress',
      active: true,
      attempt: 1,
      progress: {},
      created_at: now,
      creation_date: now,
      updated_at: now,
      lease_until: this.leaseEnd(now),
    };
  }

  /**
   * Two steps of one command, of which the second is not taken where the first fails: an update that is impossible of any
   * record there is, as it counts up a text, and the insert, as which a replacement counts whose filter finds nothing.
   */
  private async insertUnless(record: PlanRecord, unless: ObjectId): Promise<void> {
    const { _id } = record;
    await this.records.bulkWrite(
      [
        { updateOne: { filter: { _id: unless }, update: IMPOSSIBLE } },
        { replaceOne: { filter: { _id, state: { $exists: false } }, replacement: record, upsert: true } },
      ],
      { ordered: true },
    );
  }

  /**
   * Records plans with the commands of one: those beside which nothing stands in the way.
   * @param unless of all of them: records beside which nothing may be recorded
   * @returns the records that were made, by the places of their plans; the others are to be begun by themselves
   */
  async beginTogether(
    plans: readonly { readonly plan: NewPlan; readonly unless: ObjectId }[],
  ): Promise<ReadonlyMap<number, PlanRecord>> {
    const asked = { _id: { $in: plans.map(({ unless }) => unless) } };
    const noted = await this.records.find(asked, { projection: { _id: 1 } }).toArray();
    const notes = new Set(noted.map(({ _id }) => _id.toHexString()));
    const free = [...plans.entries()].filter(([, { unless }]) => !notes.has(unless.toHexString()));
    const records = free.map(([place, { plan }]) => [place, this.newRecord(plan)] as const);
    if (records.length === 0) return new Map();
    const refused = new Set<number>();
    try {
      await this.records.insertMany(
        records.map(([, record]) => record),
        { ordered: false },
      );
    } catch (error) {
      const duplicates = duplicatesOf(error);
      if (duplicates === undefined) throw error;
      for (const index of duplicates) refused.add(index);
    }
    return new Map(records.filter((_, index) => !refused.has(index)));
  }

  /** The plan's record, without its list of documents; of `shard_docs` the one of that shard alone. */
  find(id: ObjectId, shard = 0): Promise<PlanProgress | null> {
    const place = Math.min(shard, MAX_PLACE);
    return this.records.findOne(planOf(id), { projection: { doc_ids: 0, shard_docs: { $slice: [place, 1] } } });
  }

  /** The plan's record, whole. */
  findWhole(id: ObjectId): Promise<PlanRecord | null> {
    return this.records.findOne(planOf(id));
  }

  /**
   * Notes a shard as written, with so many instances and characters, and renews the lease; null where this attempt at the plan
   * is no longer in progress.
   */
  finishShard(
    attempt: Attempt,
    shard: number,
    instances: number,
    chars?: number,
  ): Promise<Pick<PlanRecord, 'progress' | 'sizes'> | null> {
    const now = this.now();
    const size = chars === undefined ? {} : { [`sizes.s${shard}`]: chars };
    return this.records.findOneAndUpdate(
      atWork(attempt),
      { $set: { [`progress.s${shard}`]: instances, ...size, updated_at: now, lease_until: this.leaseEnd(now) } },
      { returnDocument: 'after', projection: { progress: 1, sizes: 1 } },
    );
  }

  /** Forgets which shards were written, so that all are to be sent and written again. False where the attempt is over. */
  async resetProgress(attempt: Attempt): Promise<boolean> {
    const now = this.now();
    const { matchedCount } = await this.records.updateOne(atWork(attempt), {
      $set: { progress: {}, unsent: true, updated_at: now, lease_until: this.leaseEnd(now) },
      $unset: { sizes: '' },
    });
    return matchedCount === 1;
  }

  /** Notes that the messages of all unfinished shards of this attempt are on their way. */
  async markSent(attempt: Attempt): Promise<void> {
    await this.records.updateOne(atWork(attempt), { $unset: { unsent: '' } });
  }

  /**
   * Writes the `tasks` document and marks the plan done, both or neither; the transaction's size does not depend on the work.
   * False where this attempt is no longer in progress, so that nothing was written.
   */
  async complete(
    client: MongoClient,
    attempt: Attempt,
    writeTask: (session: ClientSession) => Promise<void>,
  ): Promise<boolean> {
    return inMongoTransaction(client, async (session) => {
      const { modifiedCount } = await this.records.updateOne(atWork(attempt), this.doneNow(), { session });
      if (modifiedCount === 0) return false;
      await writeTask(session);
      return true;
    });
  }

  /**
   * Marks a plan of one shard done at its first attempt and has everything of it written, all or nothing: the record comes with
   * the first step, so that nothing is looked up before. Null where it is no such plan, where its shard was begun
   * otherwise, or where `write` gives it up; nothing has changed then.
   * @param write gets the record as it was; may be called again where MongoDB says that the same can succeed
   */
  async completeAtOnce<Result>(
    client: MongoClient,
    id: ObjectId,
    write: (record: PlanProgress, session: ClientSession) => Promise<Result | null>,
  ): Promise<Result | null> {
    return inMongoTransaction(client, async (session) => {
      const record = await this.records.findOneAndUpdate({ _id: id, ...UNTOUCHED }, this.doneNow(), {
        session,
        projection: { doc_ids: 0 },
      });
      const result = record && (await write(record, session));
      if (result === null) await session.abortTransaction();
      return result;
    });
  }

  /** The records, without their lists of documents, of those of these plans that have one shard, which nobody has begun. */
  async findUntouched(ids: readonly ObjectId[]): Promise<readonly PlanProgress[]> {
    return this.records.find({ _id: { $in: [...ids] }, ...UNTOUCHED }, { projection: { doc_ids: 0 } }).toArray();
  }

  /**
   * Marks plans done that {@link findUntouched} gave and has everything of them written, all or nothing.
   * @returns false where one of them was begun meanwhile; nothing has changed then
   */
  async completeTogether(
    client: MongoClient,
    ids: readonly ObjectId[],
    write: (session: ClientSession) => Promise<void>,
  ): Promise<boolean> {
    return inMongoTransaction(client, async (session) => {
      const which = { _id: { $in: [...ids] }, ...UNTOUCHED };
      const { modifiedCount } = await this.records.updateMany(which, this.doneNow(), { session });
      if (modifiedCount === ids.length) {
        await write(session);
        return true;
      }
      await session.abortTransaction();
      return false;
    });
  }

  /**
   * Gives this attempt at the plan up, with the reason; its place is free at once, what it wrote is left to the sweep. One
   * that is not in progress, or is in another attempt by now, stays as it is.
   * @returns whether the plan tells why it failed; false where there is none, or where it goes on in another attempt
   */
  async fail(attempt: Attempt, reason: Reason): Promise<boolean> {
    if (await this.giveUp(atWork(attempt), reasonOf(reason), this.now())) return true;
    return (
      (await this.records.countDocuments({ ...planOf(attempt._id), state: { $in: [...GIVEN_UP] } }, { limit: 1 })) > 0
    );
  }

  /** Fails the plan if its lease ran out; false where it did not. */
  expire(id: ObjectId): Promise<boolean> {
    const now = this.now();
    const message = 'No shard was finished for longer than the lease; the request was abandoned.';
    return this.giveUp({ _id: id, lease_until: { $lt: now } }, { code: LEASE_EXPIRED, message }, now);
  }

  /**
   * Resumes a plan that was abandoned; its shards are all to be sent and written again. `busy` where a request of its
   * kind is in progress (one whose lease ran out is failed first); null where the plan no longer is abandoned, or where its
   * remains are being removed right now.
   */
  async revive(id: ObjectId): Promise<Revived | null> {
    for (;;) {
      try {
        const record = await this.reviveOnce(id);
        return record && { kind: 'revived', record };
      } catch (error) {
        if (!isDuplicateKey(error)) throw error;
      }
      const own = await this.records.findOne(planOf(id), {
        projection: { framework: 1, task: 1, address: 1, service: 1 },
      });
      if (!own) return null;
      const { framework, task, address, service } = own;
      const other = await this.records.findOne({ framework, task, address, service, active: true });
      if (other && !(await this.expire(other._id))) return { kind: 'busy', other };
    }
  }

  private async reviveOnce(id: ObjectId): Promise<PlanRecord | null> {
    const now = this.now();
    const fromNothing = { $eq: ['$state', 'swept'] };
    return await this.records.findOneAndUpdate(
      { _id: id, state: { $in: ['failed', 'swept'] } },
      [
        {
          $set: {
            state: 'in_progress',
            active: true,
            progress: { $literal: {} },
            unsent: true,
            attempt: { $add: ['$attempt', 1] },
            // Another date and with it other ids: a sweep that is late removes nothing of what is written from now on.
            creation_date: { $cond: [fromNothing, now, '$creation_date'] },
            updated_at: now,
            lease_until: this.leaseEnd(now),
          },
        },
        { $unset: ['error', 'failed_at', 'sweep_until', 'expires_at', 'sizes'] },
      ],
      { returnDocument: 'after' },
    );
  }

  /** Plans in progress whose lease ran out. */
  expired(): AsyncIterable<Pick<PlanRecord, '_id' | 'task'>> {
    return this.records.find(
      { state: 'in_progress', lease_until: { $lt: this.now() } },
      { projection: { _id: 1, task: 1 } },
    );
  }

  /** Failed plans to be cleaned up: those that failed more than so many milliseconds ago, and those whose sweep was cut short. */
  remains(sinceMs: number): AsyncIterable<Pick<PlanRecord, '_id' | 'task'>> {
    const now = this.now();
    return this.records.find(
      {
        $or: [
          { state: 'failed', failed_at: { $lt: new Date(now.getTime() - sinceMs) } },
          { state: 'sweeping', sweep_until: { $lt: now } },
        ],
      },
      { projection: { _id: 1, task: 1 } },
    );
  }

  /**
   * Keeps a failed plan from being resumed while its remains are removed, by one sweep at a time. Null where it was
   * resumed already, or where another sweep is at it.
   */
  async startSweep(id: ObjectId): Promise<PlanProgress | null> {
    const now = this.now();
    return this.records.findOneAndUpdate(
      { _id: id, $or: [{ state: 'failed' }, { state: 'sweeping', sweep_until: { $lt: now } }] },
      { $set: { state: 'sweeping', sweep_until: new Date(now.getTime() + SWEEP_MS), updated_at: now } },
      { returnDocument: 'after', projection: { doc_ids: 0 } },
    );
  }

  /** Marks a failed plan as clean. False where another sweep has it by now. */
  async markSwept({ _id, sweep_until }: Sweep): Promise<boolean> {
    const now = this.now();
    const { modifiedCount } = await this.records.updateOne(
      { _id, state: 'sweeping', ...(sweep_until && { sweep_until }) },
      { $set: { state: 'swept', updated_at: now, expires_at: forgetAt(now) }, $unset: { sweep_until: '' } },
    );
    return modifiedCount === 1;
  }

  /** Marks a plan as done whose `tasks` document turned out to be there. */
  async settle(id: ObjectId): Promise<void> {
    await this.records.updateOne({ _id: id, state: 'sweeping' }, this.doneNow());
  }

  /** Whether a plan in progress was there to be abandoned. */
  private async giveUp(which: Filter<PlanRecord>, error: Reason, now: Date): Promise<boolean> {
    const { modifiedCount } = await this.records.updateOne(
      { ...which, state: 'in_progress' },
      { $set: { state: 'failed', error, failed_at: now, updated_at: now }, $unset: { active: '', lease_until: '' } },
    );
    return modifiedCount === 1;
  }

  private doneNow() {
    const now = this.now();
    return {
      $set: { state: 'done' as const, updated_at: now, expires_at: forgetAt(now) },
      $unset: { active: '' as const, lease_until: '' as const, sweep_until: '' as const, unsent: '' as const },
    };
  }

  private leaseEnd(now: Date): Date {
    return new Date(now.getTime() + this.leaseMs);
  }
}

/** A plan of one shard at its first attempt, as it was recorded: nobody has begun it. */
const UNTOUCHED = {
  attempt: 1,
  state: 'in_progress',
  shards: 1,
  progress: {},
  unsent: { $exists: false },
} satisfies Filter<PlanRecord>;

/** What MongoDB says of an update that does not fit the value there is. */
const TYPE_MISMATCH = 14;
/** Every record has a text there. */
const IMPOSSIBLE: Document = { $inc: { request_id: 1 } };

function isImpossibleUpdate(error: unknown): boolean {
  return error instanceof MongoServerError && error.code === TYPE_MISMATCH;
}

/** Messages have records in the same collection. */
function planOf(id: ObjectId): Filter<PlanRecord> {
  return { _id: id, plan: { $exists: true } };
}

function atWork({ _id, attempt }: Attempt): Filter<PlanRecord> {
  return { _id, attempt, state: 'in_progress' };
}
