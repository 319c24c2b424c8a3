import { hash } from 'node:crypto';
import type { ObjectId } from 'mongodb';
import { firstBytes } from '../errors/bounds.ts';
import { shardMessages } from '../plan/shards.ts';

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
 * - `dropped`: a request of the same kind was in progress; one record for each task
 * - `resumed`: it came under another id and goes on with an earlier request, which `continues` names
 * - `registering`: parts of a large data set are on their way
 * - `registered`: what it names is loaded
 */
export type MessageState = 'rejected' | 'retrying' | 'dropped' | 'resumed' | 'registering' | 'registered';

/** A task of a message that was dropped, and the request of the same kind that was in progress. */
export interface Dropped {
  readonly task: string;
  readonly inProgress: string;
}

/** Why a request failed or a message was refused. */
export interface Reason {
  readonly code: string;
  readonly message: string;
}

/** A task of a register message that can never be registered, and why. */
export interface RefusedTask extends Reason {
  readonly task: string;
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
  /** What its prompts follow from: requests with the same one ask the same prompts. Plans of earlier versions have none. */
  plan_hash?: string;
  /** The chosen documents, as compact text. */
  doc_ids: string;
  /** What {@link docsHash} makes of each shard's documents; none of signatures. */
  shard_docs?: readonly string[];
  /** Of the message that it came of, as {@link bodyHash} makes it. */
  body_hash?: string;
  /** Characters that finished shards wrote; the keys are `s<number>`. */
  sizes?: Record<string, number>;
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
  /** Its beginning where it is long. */
  body: string;
  /** Of a dropped one. */
  task?: string;
  /** Of a resumed one: the identity of the request that it goes on with. */
  continues?: string;
  /** Of a registered one: tables and rows that were loaded for it. */
  tables?: number;
  /** Of one whose data sets are loaded in parts: the loads. */
  loads?: readonly string[];
  rows?: number;
  /** Of a refused register message: the tasks that were, each with its own reason. */
  refused?: readonly RefusedTask[];
  error?: Reason;
  created_at: Date;
  updated_at: Date;
  expires_at: Date;
}

/** What a new plan is recorded with. */
export type NewPlan = Pick<
  PlanRecord,
  | '_id'
  | 'request_id'
  | 'framework'
  | 'task'
  | 'address'
  | 'service'
  | 'shards'
  | 'shard_size'
  | 'plan'
  | 'plan_hash'
  | 'doc_ids'
  | 'shard_docs'
  | 'body_hash'
>;

/** By what a message's body is known again. */
export function bodyHash(body: string): string {
  return hash('sha256', body, 'hex').slice(0, 32);
}

/** By what the documents of a shard message are known again. */
export function docsHash(docs: string): string {
  return hash('sha256', docs, 'base64url').slice(0, 22);
}

/** How much of a body and of a reason is kept, in bytes of UTF-8: a record stays small, whatever was sent. */
const BODY_BYTES = 48 * 1024;
const REASON_BYTES = 4 * 1024;
/** The same where a record has a reason for each of its tasks, of which there are 10,000 at most. */
const MANY_REASONS_BYTES = 400;

/** A body as it is recorded. */
export function bodyOf(text: string): string {
  return beginning(text, BODY_BYTES);
}

/** A reason as it is recorded. */
export function reasonOf({ code, message }: Reason): Reason {
  return { code, message: beginning(message, REASON_BYTES) };
}

/** One of many reasons of a record: shorter, as a message may name thousands of tasks. */
export function shortReason({ code, message }: Reason): Reason {
  return { code, message: beginning(message, MANY_REASONS_BYTES) };
}

function beginning(text: string, bytes: number): string {
  return Buffer.byteLength(text) <= bytes ? text : `${firstBytes(text, bytes)} ...`;
}

/** The collection of both. */
export const RECORDS = 'sample_requests';

/** Records outlive every message that could refer to them: SQS keeps one for at most 14 days. */
const KEEP_MS = 15 * 24 * 3600 * 1000;

/** When a record that nothing more happens to may be forgotten. */
export function forgetAt(now: Date): Date {
  return new Date(now.getTime() + KEEP_MS);
}

/** The bodies of the messages of a plan's shards, in turn. */
export function shardBodies({
  _id,
  doc_ids,
  shard_size,
}: Pick<PlanRecord, '_id' | 'doc_ids' | 'shard_size'>): string[] {
  return shardMessages(_id.toHexString(), doc_ids, shard_size).map((message) => JSON.stringify(message));
}

/** Those of the shards that are not known to be written. */
export function unfinishedShards(record: PlanRecord): string[] {
  return shardBodies(record).filter((_, shard) => record.progress[`s${shard}`] === undefined);
}
