import type { ObjectId } from 'mongodb';

/**
 * How a planned task stands:
 * - `in_progress`: shards are at work; the only state that holds the place for requests of the same kind
 * - `done`: its `tasks` document was written, once
 * - `failed`: it will not be finished; instances and prompts may still lie about
 * - `sweeping`: what a failed one left is being removed
 * - `swept`: failed, and nothing of it is left
 */
export type PlanState = 'in_progress' | 'done' | 'failed' | 'sweeping' | 'swept';

/**
 * Why a message has a record of its own:
 * - `rejected`: it was refused or abandoned, and lies in the dead-letter queue
 * - `retrying`: it was delivered more than once and is not done
 */
export type MessageState = 'rejected' | 'retrying';

/** Why a request failed or a message was refused. */
export interface Reason {
  readonly code: string;
  readonly message: string;
}

/** A planned task in `sample_requests`. */
export interface PlanRecord {
  _id: ObjectId;
  request_id: string;
  state: PlanState;
  framework: string;
  task: string;
  address: string;
  service: string;
  /** True while in progress; what the unique index holds on to. */
  active?: boolean;
  /** Counts how often the work was restarted. */
  attempt: number;
  shards: number;
  shard_size: number;
  /** Instances written per finished shard; the keys are `s<number>`. */
  progress: Record<string, number>;
  /** Whether messages of unfinished shards are still to be sent for this attempt. */
  unsent?: boolean;
  /** The plan, as text, so that ints, floats and key order survive. */
  plan: string;
  /** The chosen documents, as compact text. */
  doc_ids: string;
  error?: Reason;
  created_at: Date;
  /** What its instances, prompts and task carry as theirs; another one whenever the work starts again from nothing. */
  creation_date: Date;
  updated_at: Date;
  lease_until?: Date;
  failed_at?: Date;
  /** Until when one sweep has the remains to itself. */
  sweep_until?: Date;
  /** When MongoDB may forget the record. */
  expires_at?: Date;
}

/** A message in `sample_requests`. */
export interface MessageRecord {
  _id: ObjectId;
  request_id: string;
  state: MessageState;
  queue: string;
  body: string;
  error?: Reason;
  created_at: Date;
  updated_at: Date;
  expires_at: Date;
}

/** What a new plan is recorded with. */
export type NewPlan = Pick<
  PlanRecord,
  '_id' | 'request_id' | 'framework' | 'task' | 'address' | 'service' | 'shards' | 'shard_size' | 'plan' | 'doc_ids'
>;

/** The collection of both. */
export const RECORDS = 'sample_requests';

/** Records outlive every message that could refer to them: SQS keeps one for at most 14 days. */
const KEEP_MS = 15 * 24 * 3600 * 1000;

/** When a record that nothing more happens to may be forgotten. */
export function forgetAt(now: Date): Date {
  return new Date(now.getTime() + KEEP_MS);
}
