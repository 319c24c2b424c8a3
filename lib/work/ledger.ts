import {
  type ClientSession,
  type Collection,
  type Db,
  type Filter,
  type MongoClient,
  MongoServerError,
  type ObjectId,
} from 'mongodb';
import type { SamplerError } from '../errors/errors.ts';

/**
 * How a planned task stands:
 * - `in_progress`: shards are at work; the only state that holds the place for requests of the same kind
 * - `done`: its `tasks` document was written, once
 * - `failed`: it will not be finished; instances and prompts may still lie about
 * - `sweeping`: what a failed one left is being removed
 * - `swept`: failed, and nothing of it is left
 * - `rejected`: a message that was refused before it became a plan
 */
export type State = 'in_progress' | 'done' | 'failed' | 'sweeping' | 'swept' | 'rejected';

/** A record of `sample_requests`: one per planned task, and one per refused message. */
export interface LedgerRecord {
  _id: ObjectId;
  request_id: string;
  state: State;
  framework?: string;
  task?: string;
  address?: string;
  service?: string;
  /** True while in progress; what the unique index holds on to. */
  active?: boolean;
  /** Counts how often the work was begun anew. */
  attempt?: number;
  shards?: number;
  shard_size?: number;
  /** Instances written per finished shard; the keys are `s<number>`. */
  progress?: Record<string, number>;
  /** The plan, as text, so that ints, floats and key order survive. */
  plan?: string;
  /** The chosen documents, as compact text. */
  doc_ids?: string;
  error?: { code: string; message: string };
  queue?: string;
  body?: string;
  created_at: Date;
  updated_at: Date;
  lease_until?: Date;
  failed_at?: Date;
  /** When MongoDB may forget the record. */
  expires_at?: Date;
}

/** What a new plan is recorded with. */
export type NewPlan = Required<
  Pick<
    LedgerRecord,
    '_id' | 'request_id' | 'framework' | 'task' | 'address' | 'service' | 'shards' | 'shard_size' | 'plan' | 'doc_ids'
  >
>;

/** Records outlive every message that could refer to them: SQS keeps one for at most 14 days. */
const KEEP_MS = 15 * 24 * 3600 * 1000;

/** The error under which a request that stopped making progress is given up. */
export const LEASE_EXPIRED = 'LeaseExpired';

/** What {@link Ledger.begin} found: our plan (new or already known), or another request of the same kind at work. */
export type Begun =
  | { readonly kind: 'ours'; readonly record: LedgerRecord; readonly isNew: boolean }
  | { readonly kind: 'busy'; readonly other: LedgerRecord };

/**
 * The progress of requests, in `sample_requests`. Every change is one atomic operation that states what it expects, so that
 * messages may arrive late, twice or at the same time. A request holds its place by a lease that each finished shard renews.
 */
export class Ledger {
  private readonly records: Collection<LedgerRecord>;
  private readonly leaseMs: number;
  private readonly now: () => Date;

  constructor(db: Db, leaseMs: number, now: () => Date = () => new Date()) {
    this.records = db.collection<LedgerRecord>('sample_requests');
    this.leaseMs = leaseMs;
    this.now = now;
  }

  /** Records a plan unless it is known or a request of its kind is in progress. A request whose lease ran out is failed first. */
  async begin(plan: NewPlan): Promise<Begun> {
    for (;;) {
      const now = this.now();
      const record: LedgerRecord = {
        ...plan,
        state: 'in_progress',
        active: true,
        attempt: 1,
        progress: {},
        created_at: now,
        updated_at: now,
        lease_until: this.leaseEnd(now),
      };
      try {
        await this.records.insertOne(record);
        return { kind: 'ours', record, isNew: true };
      } catch (error) {
        if (!isDuplicateKey(error)) throw error;
      }
      const known = await this.records.findOne({ _id: plan._id });
      if (known) return { kind: 'ours', record: known, isNew: false };
      const { framework, task, address, service } = plan;
      const other = await this.records.findOne({ framework, task, address, service, active: true });
      if (other && !(await this.expire(other._id))) return { kind: 'busy', other };
    }
  }

  /** The record, without its list of documents. */
  find(id: ObjectId): Promise<LedgerRecord | null> {
    return this.records.findOne({ _id: id }, { projection: { doc_ids: 0 } });
  }

  /** The record, whole. */
  findWhole(id: ObjectId): Promise<LedgerRecord | null> {
    return this.records.findOne({ _id: id });
  }

  /** Notes a shard as written and renews the lease; null where the plan is no longer in progress. */
  finishShard(id: ObjectId, shard: number, instances: number): Promise<LedgerRecord | null> {
    const now = this.now();
    return this.records.findOneAndUpdate(
      { _id: id, state: 'in_progress' },
      { $set: { [`progress.s${shard}`]: instances, updated_at: now, lease_until: this.leaseEnd(now) } },
      { returnDocument: 'after', projection: { plan: 0, doc_ids: 0 } },
    );
  }

  /** Forgets which shards were written, so that all are written again. */
  async resetProgress(id: ObjectId): Promise<void> {
    const now = this.now();
    await this.records.updateOne(
      { _id: id, state: 'in_progress' },
      { $set: { progress: {}, updated_at: now, lease_until: this.leaseEnd(now) } },
    );
  }

  /**
   * Writes the `tasks` document and marks the plan done, both or neither; the transaction's size does not depend on the work.
   * False where the plan is no longer in progress, so that nothing was written.
   */
  async complete(
    client: MongoClient,
    id: ObjectId,
    writeTask: (session: ClientSession) => Promise<void>,
  ): Promise<boolean> {
    return client.withSession((session) =>
      session.withTransaction(async () => {
        const now = this.now();
        const { modifiedCount } = await this.records.updateOne(
          { _id: id, state: 'in_progress' },
          {
            $set: { state: 'done', updated_at: now, expires_at: this.forgetAt(now) },
            $unset: { active: '', lease_until: '' },
          },
          { session },
        );
        if (modifiedCount === 0) return false;
        await writeTask(session);
        return true;
      }),
    );
  }

  /** Gives the plan up, with the reason; its place is free at once, what it wrote is left to the sweep. */
  async fail(id: ObjectId, error: { code: string; message: string }): Promise<void> {
    await this.giveUp({ _id: id }, error, this.now());
  }

  /** Fails the plan if its lease ran out; false where it did not. */
  expire(id: ObjectId): Promise<boolean> {
    const now = this.now();
    const message = 'No shard was finished for longer than the lease; the request was given up.';
    return this.giveUp({ _id: id, lease_until: { $lt: now } }, { code: LEASE_EXPIRED, message }, now);
  }

  /**
   * Takes a plan up again that was given up. False where it no longer is, where its remains are being removed right now, or
   * where a request of its kind is in progress.
   */
  async revive(id: ObjectId): Promise<boolean> {
    const now = this.now();
    try {
      const { modifiedCount } = await this.records.updateOne(
        { _id: id, state: { $in: ['failed', 'swept'] } },
        {
          $set: { state: 'in_progress', active: true, progress: {}, updated_at: now, lease_until: this.leaseEnd(now) },
          $inc: { attempt: 1 },
          $unset: { error: '', failed_at: '', expires_at: '' },
        },
      );
      return modifiedCount === 1;
    } catch (error) {
      if (isDuplicateKey(error)) return false;
      throw error;
    }
  }

  /** Keeps the reason why a message was refused. Written once per message. */
  async reject(id: ObjectId, requestId: string, queue: string, body: string, error: SamplerError): Promise<void> {
    const now = this.now();
    await this.records.updateOne(
      { _id: id },
      {
        $set: { error: { code: error.code, message: error.message }, updated_at: now, expires_at: this.forgetAt(now) },
        $setOnInsert: { request_id: requestId, state: 'rejected', queue, body, created_at: now },
      },
      { upsert: true },
    );
  }

  /** Plans in progress whose lease ran out. */
  expired(): AsyncIterable<LedgerRecord> {
    return this.records.find(
      { state: 'in_progress', lease_until: { $lt: this.now() } },
      { projection: { _id: 1, request_id: 1, task: 1, state: 1, created_at: 1, updated_at: 1 } },
    );
  }

  /** Failed plans to be cleaned up: those that failed before `until`, and those whose sweep was cut short. */
  remains(until: Date): AsyncIterable<LedgerRecord> {
    return this.records.find(
      { $or: [{ state: 'failed', failed_at: { $lt: until } }, { state: 'sweeping' }] },
      { projection: { plan: 0, doc_ids: 0 } },
    );
  }

  /** Keeps a failed plan from being taken up again while its remains are removed. False where it was taken up already. */
  async startSweep(id: ObjectId): Promise<boolean> {
    const { matchedCount } = await this.records.updateOne(
      { _id: id, state: { $in: ['failed', 'sweeping'] } },
      { $set: { state: 'sweeping', updated_at: this.now() } },
    );
    return matchedCount === 1;
  }

  /** Marks a failed plan as clean. */
  async markSwept(id: ObjectId): Promise<void> {
    const now = this.now();
    await this.records.updateOne(
      { _id: id, state: 'sweeping' },
      { $set: { state: 'swept', updated_at: now, expires_at: this.forgetAt(now) } },
    );
  }

  /** Whether a plan in progress was there to be given up. */
  private async giveUp(
    which: Filter<LedgerRecord>,
    error: { code: string; message: string },
    now: Date,
  ): Promise<boolean> {
    const { modifiedCount } = await this.records.updateOne(
      { ...which, state: 'in_progress' },
      { $set: { state: 'failed', error, failed_at: now, updated_at: now }, $unset: { active: '', lease_until: '' } },
    );
    return modifiedCount === 1;
  }

  private leaseEnd(now: Date): Date {
    return new Date(now.getTime() + this.leaseMs);
  }

  private forgetAt(now: Date): Date {
    return new Date(now.getTime() + KEEP_MS);
  }
}

/** Whether the error says that a unique index already holds the key. */
export function isDuplicateKey(error: unknown): boolean {
  return error instanceof MongoServerError && error.code === 11000;
}
