import { type Db, type Document, type Filter, ObjectId } from 'mongodb';
import { readIdList } from '../plan/id-list.ts';

/** A prompt as people look at it. */
export interface PromptView {
  readonly id: string;
  readonly instance_id: string;
  readonly doc_id: number;
  readonly idx: number;
  readonly done: boolean;
  /** What is posted, as it stands in `prompts`. */
  readonly data: string;
}

/** A task of a register message that was refused, and why. */
export interface RefusedView {
  readonly task: string;
  readonly code: string;
  readonly message: string;
}

/** How the record of a plan or of a refused message stands, for people and programs that look. Dates are ISO 8601. */
export interface RequestView {
  readonly id: string;
  readonly request_id: string;
  readonly state: string;
  readonly framework: string | null;
  readonly task: string | null;
  readonly address: string | null;
  readonly service: string | null;
  readonly attempt: number | null;
  /** Shards that are written, of so many; null for messages. */
  readonly shards: { readonly written: number; readonly total: number } | null;
  readonly instances: number | null;
  /** Documents asked about; null where the record was read without them. */
  readonly documents: number | null;
  /** The same for two requests that ask the same prompts; null for messages and for plans of earlier versions. */
  readonly plan_hash: string | null;
  readonly error: { readonly code: string; readonly message: string } | null;
  /** Of a register message: tasks that were refused, each with its own reason. */
  readonly refused: readonly RefusedView[];
  /** Of a message that goes on with an earlier request: that one's identity. */
  readonly continues: string | null;
  readonly queue: string | null;
  readonly body: string | null;
  readonly created_at: string | null;
  readonly updated_at: string | null;
  /** When it is abandoned unless another shard is written before. */
  readonly lease_until: string | null;
}

/** Which records to list. */
export interface RequestFilter {
  readonly state?: string | undefined;
  readonly task?: string | undefined;
  readonly address?: string | undefined;
}

const COLLECTION = 'sample_requests';
/** Notes about deliveries of messages that may yet succeed are no requests. */
const NO_REQUESTS = ['retrying'];

/** The newest records first. */
export async function listRequests(db: Db, filter: RequestFilter, limit: number): Promise<RequestView[]> {
  const { state, task, address } = filter;
  const found = await db
    .collection(COLLECTION)
    .find(
      {
        state: state ?? { $nin: NO_REQUESTS },
        ...(task === undefined ? {} : { task }),
        ...(address === undefined ? {} : { address }),
      },
      { projection: { plan: 0, doc_ids: 0, body: 0, refused: 0 } },
    )
    .sort({ created_at: -1 })
    .limit(limit)
    .toArray();
  return found.map(viewOf);
}

/**
 * The records under an id: of a plan (24 hexadecimal digits), or all of the request with that identity, and of the one that it
 * goes on with.
 */
export async function findRequests(db: Db, id: string): Promise<RequestView[]> {
  const or: Filter<Document>[] = [{ request_id: id, state: { $nin: NO_REQUESTS } }];
  if (/^[0-9a-f]{24}$/.test(id)) or.push({ _id: new ObjectId(id) });
  const found = await read(db, or);
  const earlier = found.flatMap(({ continues }) => continues ?? []).filter((other) => other !== id);
  if (earlier.length === 0) return found;
  return [...found, ...(await read(db, [{ request_id: { $in: earlier }, state: { $nin: NO_REQUESTS } }]))];
}

async function read(db: Db, or: Filter<Document>[]): Promise<RequestView[]> {
  const found = await db
    .collection(COLLECTION)
    .find({ $or: or }, { projection: { plan: 0 } })
    .sort({ created_at: 1, task: 1 })
    .toArray();
  return found.map(viewOf);
}

/** The records with these ids, by id; without their documents. */
export async function readRequests(db: Db, ids: readonly ObjectId[]): Promise<Map<string, RequestView>> {
  const found = await db
    .collection(COLLECTION)
    .find({ _id: { $in: [...ids] } }, { projection: { plan: 0, doc_ids: 0 } })
    .toArray();
  return new Map(found.map(viewOf).map((view) => [view.id, view]));
}

/** Records are read leniently: those of older and newer versions are shown as far as they can be understood. */
function viewOf(record: Document): RequestView {
  const progress = Object.values(asObject(record['progress'])).map(Number);
  const total = asNumber(record['shards']);
  const error = asObject(record['error']);
  const done = record['state'] === 'done';
  const counted = progress.reduce((sum, count) => sum + count, 0);
  return {
    id: String(record['_id']),
    request_id: asText(record['request_id']) ?? '',
    state: asText(record['state']) ?? '?',
    framework: asText(record['framework']),
    task: asText(record['task']),
    address: asText(record['address']),
    service: asText(record['service']),
    attempt: asNumber(record['attempt']),
    shards: total === null ? null : { written: done ? total : progress.length, total },
    // A plan of one shard is done without having noted it.
    instances: total === null || (done && progress.length === 0) ? null : counted,
    documents: typeof record['doc_ids'] === 'string' ? readIdList(record['doc_ids']).length : null,
    plan_hash: asText(record['plan_hash']),
    error: 'code' in error ? { code: String(error['code']), message: String(error['message']) } : null,
    refused: refusedOf(record['refused']),
    continues: asText(record['continues']),
    queue: asText(record['queue']),
    body: asText(record['body']),
    created_at: asDate(record['created_at']),
    updated_at: asDate(record['updated_at']),
    lease_until: asDate(record['lease_until']),
  };
}

/** The first prompts of a task, by document and number. */
export async function promptsOf(db: Db, task: string, limit: number): Promise<PromptView[]> {
  const task_id = new ObjectId(task);
  const instances = await db
    .collection('instances')
    .find({ task_id }, { projection: { doc_id: 1, idx: 1 } })
    .sort({ doc_id: 1, idx: 1 })
    .limit(limit)
    .toArray();
  const place = new Map(instances.map((instance, at) => [String(instance._id), { at, instance }]));
  const prompts = await db
    .collection('prompts')
    .find({ task_id, instance_id: { $in: instances.map(({ _id }) => _id) } })
    .toArray();
  return prompts
    .map((prompt) => ({ prompt, of: place.get(String(prompt['instance_id'])) }))
    .sort((a, b) => (a.of?.at ?? 0) - (b.of?.at ?? 0))
    .slice(0, limit)
    .map(({ prompt, of }) => ({
      id: String(prompt._id),
      instance_id: String(prompt['instance_id']),
      doc_id: Number(of?.instance['doc_id']),
      idx: Number(of?.instance['idx']),
      done: prompt['done'] === true,
      data: String(prompt['data']),
    }));
}

function refusedOf(value: unknown): RefusedView[] {
  if (!Array.isArray(value)) return [];
  return value.map(asObject).map(({ task, code, message }) => ({
    task: String(task),
    code: String(code),
    message: String(message),
  }));
}

function asObject(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {};
}

function asText(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

function asNumber(value: unknown): number | null {
  return typeof value === 'number' ? value : null;
}

function asDate(value: unknown): string | null {
  return value instanceof Date ? value.toISOString() : null;
}
