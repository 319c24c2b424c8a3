import type { ClientSession, Document } from 'mongodb';
import { collectionsOf } from '../documents/collections.ts';
import { taskDocument } from '../documents/documents.ts';
import type { EncodedDocuments } from '../documents/encoder.ts';
import { insertOnce, insertWithin } from '../documents/write.ts';
import type { PlanProgress } from '../ledger/ledger.ts';
import type { Logger } from '../log/log.ts';
import { SIGNATURES } from '../messages/sample.ts';
import type { ShardMessage } from '../messages/shard.ts';
import { readIdList } from '../plan/id-list.ts';
import { decodePlan, type Plan } from '../plan/plan.ts';
import { answerLength, renderingOf } from '../plan/rendering.ts';
import { openDocs, type TaskDocs } from '../processed/open.ts';
import { signatureDocuments } from '../signatures/documents.ts';
import { decodeSignaturePlan } from '../signatures/plan.ts';
import type { RenderedInstance } from '../task/renderer.ts';
import { prepareSlice, type TaskRendering } from '../task/slice.ts';
import { Allowance } from './allowance.ts';
import { MOST_KEPT_CHARS } from './renderings.ts';
import type { ShardServices } from './services.ts';
import { createWriter, encoderFor, MOST_AT_ONCE_CHARS } from './writer.ts';

/** Of a request that is written with others: half of what a transaction takes. */
export const MOST_SMALL_CHARS = MOST_AT_ONCE_CHARS / 2;
/** Documents that a line of the log names. */
const MAX_NAMED = 10;

/** What one shard of a plan writes, and how the plan ends. Writing twice writes once. */
export interface Work {
  /** Prompts of each instance. */
  readonly repeats: number;
  /**
   * Writes the shard's instances and prompts, in the session's transaction where one is given.
   * @returns how many instances there are, and characters in all
   * @throws TooMuchAtOnce where it is too much for a transaction
   */
  write(log: Logger, session?: ClientSession): Promise<{ instances: number; chars: number }>;
  /** The plan's `tasks` document, for so many instances. */
  taskDocument(instances: number): Document;
}

/** A shard of a task's documents, or of a signature. @throws PermanentError, TransientError PlanUnreadable */
export function workOf(services: ShardServices, message: ShardMessage, record: PlanProgress): Work {
  if (record.framework === SIGNATURES) return signatureWork(services, record);
  const plan = decodePlan(record.plan);
  return {
    repeats: plan.repeats,
    write: (log, session) => writeDocs(services, message, record, plan, log, session),
    taskDocument: (instances) => taskDocument(record._id, plan, instances, record.creation_date),
  };
}

function signatureWork({ db }: ShardServices, record: PlanProgress): Work {
  const { task, instances, prompts } = signatureDocuments(
    decodeSignaturePlan(record.plan),
    record._id,
    record.creation_date,
  );
  const collections = collectionsOf(db);
  return {
    repeats: 1,
    async write(_, session) {
      if (session !== undefined) {
        await insertWithin(db, session, collections.instances, instances);
        await insertWithin(db, session, collections.prompts, prompts);
        return { instances: instances.length, chars: 0 };
      }
      await Promise.all([
        insertOnce(collections.instances, [...instances]),
        insertOnce(collections.prompts, [...prompts]),
      ]);
      return { instances: instances.length, chars: 0 };
    },
    taskDocument: () => task,
  };
}

async function writeDocs(
  services: ShardServices,
  message: ShardMessage,
  record: PlanProgress,
  plan: Plan,
  log: Logger,
  session: ClientSession | undefined,
): Promise<{ instances: number; chars: number }> {
  const docIds = readIdList(message.docs);
  if (docIds.length === 0) return { instances: 0, chars: 0 };
  const rendering = renderingOf(plan);
  const allowance = new Allowance(record, message.shard, services.requestChars);
  const writer = createWriter(services, record, plan, answerLength(plan, rendering.config), allowance, session);
  const { render, keep, fresh } = await opened<never>(services, message, record, plan, rendering, (docs, ids) =>
    docs.read(ids),
  );
  const silent: number[] = [];
  const docs: RenderedInstance[][] = [];
  let ms = 0;
  for (const [position, docId] of docIds.entries()) {
    const began = performance.now();
    const rendered = render(position);
    ms += performance.now() - began;
    if (rendered.length === 0) silent.push(docId);
    if (allowance.written < MOST_KEPT_CHARS) docs.push(rendered);
    await writer.add(rendered);
  }
  if (silent.length > 0) {
    const some = silent.slice(0, MAX_NAMED);
    log.warn('documents without choices: nothing is asked about them', { documents: silent.length, docIds: some });
  }
  const instances = await writer.finish();
  if (docs.length === docIds.length) keep?.(docs, allowance.written);
  if (fresh) services.quickKinds?.rendered(plan, docIds.length, ms);
  return { instances, chars: allowance.written };
}

/** A request that has one shard of few documents, made without being written. */
export interface SmallWork {
  readonly task: Document;
  readonly instances: number;
  readonly prompts: number;
  /** As {@link Allowance} counts them. */
  readonly chars: number;
}

/** What is left of a time for rendering. */
export interface TimeBudget {
  /** In milliseconds. */
  ms: number;
  /** Tasks whose rows did not come in time, as where somebody has a lock on their table: nobody waits for them once more. */
  readonly waitedFor: Set<string>;
}

/**
 * Makes the documents of a request of one shard of few, where that is known to be quick.
 * @param budget what it takes of it is taken off
 * @param documents to which its instances and prompts are added
 * @returns undefined where it is not, or where it is not as simple as that; so much may have been added then
 * @throws PermanentError, TransientError as `renderShard`; likewise
 */
export async function smallWorkOf(
  services: ShardServices,
  message: ShardMessage,
  record: PlanProgress,
  budget: TimeBudget,
  documents: EncodedDocuments,
): Promise<SmallWork | undefined> {
  if (record.framework === SIGNATURES) return smallSignature(record, documents);
  const plan = decodePlan(record.plan);
  const key = keptUnder(record, plan, message);
  const known = key !== undefined && services.renderings?.find(key) !== undefined;
  if (!known && (!services.quickKinds?.has(plan) || budget.waitedFor.has(plan.resolvedTask))) return undefined;
  const docIds = readIdList(message.docs);
  const rendering = renderingOf(plan);
  const found = await opened<'long' | 'late'>(services, message, record, plan, rendering, (docs, ids) =>
    docs.readSmall(ids),
  );
  if (found === 'late') budget.waitedFor.add(plan.resolvedTask);
  if (found === 'late' || found === 'long') return undefined;
  const { render, keep } = found;
  const allowance = new Allowance(record, message.shard, services.requestChars);
  const docs: RenderedInstance[][] = [];
  for (const position of docIds.keys()) {
    const began = performance.now();
    const rendered = render(position);
    budget.ms -= performance.now() - began;
    if (budget.ms < 0 || rendered.length === 0) return undefined;
    allowance.take(rendered, plan.repeats);
    if (allowance.written > MOST_SMALL_CHARS) return undefined;
    docs.push(rendered);
  }
  if (docs.length === 0) return undefined;
  keep?.(docs, allowance.written);
  const encoder = encoderFor(services.timeouts, record, plan, answerLength(plan, rendering.config));
  const all = docs.flat();
  for (const instance of all) encoder.add(instance, documents);
  return {
    task: taskDocument(record._id, plan, all.length, record.creation_date),
    instances: all.length,
    prompts: all.length * plan.repeats,
    chars: allowance.written,
  };
}

function smallSignature(record: PlanProgress, documents: EncodedDocuments): SmallWork {
  const plan = decodeSignaturePlan(record.plan);
  const { task, instances, prompts } = signatureDocuments(plan, record._id, record.creation_date);
  for (const instance of instances) documents.instances.add(instance);
  for (const prompt of prompts) documents.prompts.add(prompt);
  return { task, instances: instances.length, prompts: prompts.length, chars: 0 };
}

/** A shard's documents, ready to be rendered; or what an equal request was rendered to. */
interface Opened {
  /** Whether they are rendered here: not where they were for an equal request. */
  readonly fresh: boolean;
  /** The instances of the document at a position of the shard. */
  render(position: number): RenderedInstance[];
  /** Keeps all of them for equal requests; missing where none may come. */
  readonly keep?: (docs: RenderedInstance[][], chars: number) => void;
}

/** @param read gives the documents at their places, or why not; nothing is opened then */
async function opened<Why extends string>(
  { sql, renderings }: ShardServices,
  message: ShardMessage,
  record: PlanProgress,
  plan: Plan,
  rendering: TaskRendering,
  read: (docs: TaskDocs, places: Iterable<number>) => Promise<Awaited<ReturnType<TaskDocs['read']>> | Why>,
): Promise<Opened | Why> {
  const key = keptUnder(record, plan, message);
  const known = key && renderings?.find(key);
  if (known) return { fresh: false, render: (position) => [...(known[position] ?? [])] };
  const docIds = readIdList(message.docs);
  const docs = await openDocs(sql, plan.resolvedTask, rendering.config, plan);
  const places = await docs.placesOf(plan.evalSplit, docIds);
  const slice = prepareSlice(rendering, docs.splits, { offset: message.offset, docIds, places });
  const rows = await read(docs, slice.rowIds);
  if (typeof rows === 'string') return rows;
  const render = slice.renderer(rows, docs.values);
  if (!key || !renderings) return { fresh: true, render };
  return { fresh: true, render, keep: (instances, chars) => renderings.keep(key, instances, chars) };
}

/**
 * Under which key the renderings of a plan of one shard are kept: its hash, and the documents of the message, which plans of earlier
 * versions can't tell from as many others. Undefined where none are kept: a table that another program made can change in its
 * place, and what functions made of rows is stored by itself.
 */
function keptUnder(
  { shards, plan_hash }: PlanProgress,
  { tableVersion, processed }: Plan,
  { docs }: ShardMessage,
): string | undefined {
  const keeps = shards === 1 && plan_hash !== undefined && tableVersion !== undefined && processed === undefined;
  return keeps ? `${plan_hash} ${docs}` : undefined;
}
