import { hash } from 'node:crypto';
import { type AnyBulkWriteOperation, type Db, Double, Int32, ObjectId } from 'mongodb';
import { repr } from '../python/repr.ts';
import type { PyValue } from '../python/value.ts';
import type { Scored } from '../scoring/scorer.ts';
import { EVALUATIONS_NAME, forgetEvaluationAt } from './records.ts';
import { type Sample, storableStart } from './samples.ts';

/** Documents in one part: whatever they hold, a part stays far below what MongoDB takes. */
const PART = 100;
/** The longest text kept of what was extracted, and of gold, in bytes. */
const MAX_TEXT_BYTES = 2048;

/** One document's details, as `evaluations` keeps them. */
export interface DocumentDetails {
  readonly sample: Sample;
  /** Null where the document failed. */
  readonly scored: Scored | null;
}

interface PartDocument {
  _id: ObjectId;
  kind: 'documents';
  task_id: ObjectId;
  part: number;
  documents: unknown[];
  expires_at: Date;
}

/**
 * Keeps what scoring found out about each document, in parts of a fixed number of documents under derived ids: evaluating
 * again writes the same parts.
 */
export class DetailsWriter {
  readonly #db: Db;
  readonly #taskId: ObjectId;
  readonly #expiresAt: Date;
  #pending: unknown[] = [];
  #part = 0;

  constructor(db: Db, taskId: ObjectId, now: Date) {
    this.#db = db;
    this.#taskId = taskId;
    this.#expiresAt = forgetEvaluationAt(now);
  }

  /** Takes the next document, by ascending id; writes where a part is full. */
  async add(details: DocumentDetails): Promise<void> {
    this.#pending.push(storedDetails(details));
    if (this.#pending.length >= PART) await this.#write();
  }

  /** Writes what is left, and removes parts of an earlier evaluation that had more of them. */
  async finish(): Promise<void> {
    if (this.#pending.length > 0) await this.#write();
  }

  async #write(): Promise<void> {
    const part = this.#part++;
    const digest = hash('sha256', JSON.stringify(['evaluation', this.#taskId.toHexString(), part]), 'hex');
    const document: PartDocument = {
      _id: new ObjectId(digest.slice(0, 24)),
      kind: 'documents',
      task_id: this.#taskId,
      part,
      documents: this.#pending,
      expires_at: this.#expiresAt,
    };
    this.#pending = [];
    const replace: AnyBulkWriteOperation<PartDocument> = {
      replaceOne: { filter: { _id: document._id }, replacement: document, upsert: true },
    };
    await this.#db.collection<PartDocument>(EVALUATIONS_NAME).bulkWrite([replace]);
  }
}

function storedDetails({ sample, scored }: DocumentDetails) {
  const { id, score, runTime, code, error } = sample;
  return {
    doc_id: new Int32(id),
    score: new Double(score),
    run_time: new Double(runTime),
    status_code: new Int32(code),
    error_str: storableStart(error, MAX_TEXT_BYTES),
    gold: scored === null ? null : shown(scored.gold),
    filters: [...(scored?.filtered ?? [])].map(([filter, extracted]) => ({
      filter,
      extracted: shown(extracted),
      metrics: [...(scored?.metrics.get(filter) ?? [])].map(([metric, value]) => ({ metric, value: stored(value) })),
    })),
  };
}

/** A value for people: text as it is, all else as Python prints it. */
function shown(value: PyValue): string {
  return storableStart(typeof value === 'string' ? value : repr(value), MAX_TEXT_BYTES);
}

function stored(value: PyValue): unknown {
  if (typeof value === 'number') return new Double(value);
  if (typeof value === 'bigint') return new Double(Number(value));
  if (typeof value === 'boolean' || value === null) return value;
  return shown(value);
}
