import { type Db, type Document, ObjectId } from 'mongodb';
import { EVALUATIONS_NAME, type EvaluationRecord, evaluationsOf } from '../evaluate/records.ts';

/** How an evaluation is listed and shown; dates are ISO texts. */
export interface ResultView {
  readonly id: string;
  readonly state: EvaluationRecord['state'];
  readonly task: string | null;
  readonly resolved_task: string | null;
  readonly address: string | null;
  readonly service: string | null;
  readonly documents: number | null;
  readonly failed: number | null;
  /** The filter and metric of the scores, and what chose them. */
  readonly selected: EvaluationRecord['selected'] | null;
  readonly metrics: NonNullable<EvaluationRecord['metrics']>;
  readonly seed: string | null;
  readonly harness: string | null;
  readonly error: EvaluationRecord['error'] | null;
  /** Whether the outcome was told to the queue `evaluated`. */
  readonly told: boolean;
  readonly updated_at: string;
}

/** One document's outcome. */
export interface DocumentView {
  readonly doc_id: number;
  readonly score: number;
  readonly run_time: number;
  readonly status_code: number;
  readonly error_str: string;
  readonly gold: string | null;
  readonly filters: readonly FilterView[];
}

/** What a filter left of a document's answer, and its metrics. */
export interface FilterView {
  readonly filter: string;
  readonly extracted: string;
  readonly metrics: readonly { readonly metric: string; readonly value: unknown }[];
}

/** What a document was asked with, and what came back. */
export interface Exchange {
  /** Each of its instances: a chat as JSON or a text, and what is scored after it. */
  readonly asked: readonly { readonly context: string; readonly continuation: string | null }[];
  /** Bodies as they were stored. */
  readonly responses: readonly string[];
}

/** The latest evaluations, newest first. */
export async function listResults(
  db: Db,
  which: { task?: string | undefined; address?: string | undefined },
  limit: number,
): Promise<ResultView[]> {
  const filter = {
    kind: 'task' as const,
    ...(which.task === undefined ? {} : { task: which.task }),
    ...(which.address === undefined ? {} : { address: which.address }),
  };
  return (await evaluationsOf(db).find(filter).sort({ updated_at: -1 }).limit(limit).toArray()).map(viewOf);
}

/** The evaluation of a task; null where there is none. */
export async function findResult(db: Db, id: string): Promise<ResultView | null> {
  if (!/^[0-9a-f]{24}$/i.test(id)) return null;
  const record = await evaluationsOf(db).findOne({ _id: new ObjectId(id), kind: 'task' });
  return record && viewOf(record);
}

/** A task's documents, ascending, a part at a time. */
export async function* documentsOf(db: Db, id: string): AsyncGenerator<DocumentView[]> {
  const parts = db
    .collection(EVALUATIONS_NAME)
    .find({ task_id: new ObjectId(id), kind: 'documents' })
    .sort({ part: 1 });
  for await (const { documents } of parts) yield documents;
}

/** What these documents of a task were asked and answered; nothing of those whose task was removed. */
export async function exchangesOf(db: Db, id: string, docIds: readonly number[]): Promise<Map<number, Exchange>> {
  const task_id = new ObjectId(id);
  const instances = await db
    .collection('instances')
    .find({ task_id, doc_id: { $in: [...docIds] } }, { projection: { doc_id: 1, idx: 1, arguments: 1 } })
    .sort({ doc_id: 1, idx: 1 })
    .toArray();
  const responses = await db
    .collection('responses')
    .find(
      { task_id, instance_id: { $in: instances.map(({ _id }) => _id) } },
      { projection: { instance_id: 1, response: 1, error: 1 }, enableUtf8Validation: false },
    )
    .toArray();
  const byInstance = Map.groupBy(responses, ({ instance_id }) => String(instance_id));
  const byDoc = Map.groupBy(instances, ({ doc_id }) => Number(doc_id));
  return new Map([...byDoc].map(([docId, list]) => [docId, exchangeOf(list, byInstance)]));
}

function exchangeOf(instances: readonly Document[], responses: ReadonlyMap<string, readonly Document[]>): Exchange {
  return {
    asked: instances.map(({ arguments: args }) => ({
      context: String(args?.[0] ?? ''),
      continuation: instances.length > 1 && typeof args?.[1] === 'string' ? args[1] : null,
    })),
    responses: instances.flatMap(({ _id }) =>
      (responses.get(String(_id)) ?? []).map(({ response, error }) => String(response || error)),
    ),
  };
}

function viewOf(record: EvaluationRecord): ResultView {
  return {
    id: record._id.toHexString(),
    state: record.state,
    task: record.task ?? null,
    resolved_task: record.resolved_task ?? null,
    address: record.address ?? null,
    service: record.service ?? null,
    documents: record.documents ?? null,
    failed: record.failed ?? null,
    selected: record.selected ?? null,
    metrics: record.metrics ?? [],
    seed: record.seed === undefined || record.seed === null ? null : String(record.seed),
    harness: record.harness ?? null,
    error: record.error ?? null,
    told: record.untold !== true && record.state !== 'sent',
    updated_at: record.updated_at.toISOString(),
  };
}
