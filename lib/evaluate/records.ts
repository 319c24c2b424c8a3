import type { Collection, Db, Document, ObjectId } from 'mongodb';

/**
 * How the evaluation of a task stands:
 * - `sent`: the clock sent it to the queue; how often, and when it may again, is noted
 * - `evaluated`: its `results` document was written
 * - `failed`: it can't be evaluated; its `results` document says so with status 12
 */
export type EvaluationState = 'sent' | 'evaluated' | 'failed';

/** What a metric comes to over a task's documents, as the harness prints it. */
export interface MetricSummary {
  readonly filter: string;
  readonly metric: string;
  readonly mean: number;
  /** Null for fewer than two documents. */
  readonly stderr: number | null;
  /** Documents that have the metric. */
  readonly documents: number;
}

/** A task in `evaluations`; `_id` is the task's. Nothing of it is needed by others. */
export interface EvaluationRecord {
  _id: ObjectId;
  kind: 'task';
  task_id: ObjectId;
  state: EvaluationState;
  /** How often the clock sent it. */
  sent: number;
  /** When the clock may send it again. */
  next_at?: Date;
  /** Whether the outcome is still to be told to the queue `evaluated`. */
  untold?: boolean;
  /** Until when one process has the telling to itself. */
  telling_until?: Date;
  told_at?: Date;
  framework?: string;
  task?: string;
  resolved_task?: string;
  address?: string;
  service?: string;
  /** Which filter and metric became the scores, and what decided it. */
  selected?: { readonly filter: string; readonly metric: string | null; readonly source: string };
  documents?: number;
  failed?: number;
  metrics?: readonly MetricSummary[];
  seed?: unknown;
  /** The plan in `sample_requests` whose definition was used; null where the catalogue's was. */
  plan?: ObjectId | null;
  harness?: string;
  error?: { readonly code: string; readonly message: string };
  updated_at: Date;
  expires_at: Date;
}

/** The collection of evaluations. */
export const EVALUATIONS_NAME = 'evaluations';

/** Reports are for people; a quarter of a year is enough to look back. */
const KEEP_MS = 90 * 24 * 3600 * 1000;

/** When MongoDB may forget an evaluation. */
export function forgetEvaluationAt(now: Date): Date {
  return new Date(now.getTime() + KEEP_MS);
}

/** The evaluations of tasks. */
export function evaluationsOf(db: Db): Collection<EvaluationRecord> {
  return db.collection<EvaluationRecord>(EVALUATIONS_NAME);
}

const ready = new WeakMap<Db, Promise<void>>();

/**
 * Makes the indexes that evaluating needs, once per process and database. The one of `results` is known to others as well
 * (RESULT-1) and may be there already.
 */
export function ensureEvaluationIndexes(db: Db): Promise<void> {
  const known = ready.get(db);
  if (known) return known;
  const making = Promise.all([
    db.collection<Document>('results').createIndex({ 'result_data.task_id': 1 }, { unique: true }),
    db
      .collection<Document>('tasks')
      .createIndex({ done: 1 }, { name: 'to_evaluate', partialFilterExpression: { evaluated: false, drop: false } }),
    db
      .collection(EVALUATIONS_NAME)
      .createIndexes([
        { key: { task_id: 1, part: 1 } },
        { key: { untold: 1 }, partialFilterExpression: { untold: true } },
        { key: { expires_at: 1 }, expireAfterSeconds: 0 },
      ]),
  ]).then(() => undefined);
  ready.set(db, making);
  making.catch(() => ready.delete(db));
  return making;
}
