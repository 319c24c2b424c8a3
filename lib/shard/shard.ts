import type { Db, MongoClient } from 'mongodb';
import { ObjectId } from 'mongodb';
import type { Sql } from 'postgres';
import { toTaskConfig } from '../catalogue/task-config.ts';
import { openTable, readDocsByIds, type TableInfo } from '../datasets/read.ts';
import { PermanentError, TransientError } from '../errors/errors.ts';
import type { Logger } from '../log/log.ts';
import type { ShardMessage } from '../messages/shard.ts';
import { type TimeoutProfile, timeoutFor } from '../payload/timeout.ts';
import { readIdList } from '../plan/id-list.ts';
import { decodePlan, type Plan, supplierOf } from '../plan/plan.ts';
import type { Doc } from '../python/value.ts';
import type { Queue } from '../queue/queue.ts';
import { docIdOf, type RenderedInstance } from '../task/renderer.ts';
import { answerLength } from '../task/settings.ts';
import { planStretch } from '../task/stretch.ts';
import { benchCollections } from '../work/collections.ts';
import { instanceDocuments, taskDocument } from '../work/documents.ts';
import { childIds } from '../work/ids.ts';
import { LEASE_EXPIRED, type Ledger, type PlanProgress } from '../work/ledger.ts';
import { unfinishedShards } from '../work/shard-bodies.ts';
import { insertOnce } from '../work/write.ts';

/** What rendering a shard needs. */
export interface ShardServices {
  readonly sql: Sql;
  readonly mongo: MongoClient;
  readonly db: Db;
  readonly ledger: Ledger;
  readonly shardQueue: Queue;
  readonly timeouts: Readonly<Record<string, TimeoutProfile>> | undefined;
}

/** One delivery of a shard message. */
export interface ShardDelivery {
  readonly redriven: boolean;
  readonly log: Logger;
}

/** Instances are written when this many characters of prompts have come together, so that memory stays flat. */
const MAX_PENDING_CHARS = 4_000_000;

/**
 * Renders one shard's documents and writes their instances and prompts; whoever finds the set complete writes the `tasks`
 * document. Doing it again, late or at the same time changes nothing.
 * @throws PermanentError where a document can't be rendered; the plan can then never be completed.
 */
export async function renderShard(
  services: ShardServices,
  message: ShardMessage,
  delivery: ShardDelivery,
): Promise<void> {
  const id = new ObjectId(message.plan);
  const log = delivery.log.with({ plan: message.plan, shard: message.shard });
  const found = await services.ledger.find(id);
  if (!found) {
    throw new PermanentError(
      'BadMessage',
      `There is no plan ${message.plan}; its record may have been kept no longer.`,
    );
  }
  const record = await wanted(services, found, { ...delivery, log });
  if (!record) return;
  if (record.unsent) await sendUnfinished(services, record);
  const plan = decodePlan(record.plan);
  const noted = record.progress[`s${message.shard}`];
  const instances = noted ?? (await writeShard(services, message, record, plan));
  log.info(noted === undefined ? 'shard written' : 'shard was written before', { task: plan.task, instances });
  await finish(services, message, record, plan, instances, log);
}

/** The plan to work on; null where the shard is not wanted. A plan that was given up is taken up again where its messages come after all. */
async function wanted(
  { ledger }: ShardServices,
  record: PlanProgress,
  { redriven, log }: ShardDelivery,
): Promise<PlanProgress | null> {
  switch (record.state) {
    case 'in_progress':
      return record;
    case 'sweeping':
      throw new TransientError(
        'Unavailable',
        'What the request had written is being removed; it can be taken up again after that.',
      );
    case 'failed':
    case 'swept':
      if (!redriven && record.error?.code !== LEASE_EXPIRED) {
        log.warn('dropped: its request failed', { error: record.error?.message });
        return null;
      }
      return revived(ledger, record, log);
    case 'done':
      log.info('delivered again; the work is done');
      return null;
  }
}

async function revived(ledger: Ledger, { _id, task }: PlanProgress, log: Logger): Promise<PlanProgress | null> {
  const record = await ledger.revive(_id);
  if (record) {
    log.info('request taken up again', { task });
    return record;
  }
  const now = await ledger.find(_id);
  if (now?.state === 'in_progress') return now;
  log.warn('dropped: its request was given up, and another of its kind is in progress', { state: now?.state });
  return null;
}

async function writeShard(
  services: ShardServices,
  message: ShardMessage,
  record: PlanProgress,
  plan: Plan,
): Promise<number> {
  const docIds = readIdList(message.docs);
  if (docIds.length === 0) return 0;
  const config = toTaskConfig(plan.entry.config);
  const table = await openTable(services.sql, plan.resolvedTask, plan.tableVersion);
  const stretch = planStretch(plan, config, table.splits, { offset: message.offset, docIds });
  const render = stretch.renderer(await readRows(services.sql, table, stretch.rowIds));
  const writer = createWriter(services, record, plan, answerLength(plan, config));
  for (const position of docIds.keys()) await writer.add(render(position));
  await writer.flush();
  return writer.count();
}

/** Collects rendered instances and writes them in portions, instances and prompts side by side. */
function createWriter({ db, timeouts }: ShardServices, record: PlanProgress, plan: Plan, decode: number) {
  const { instances, prompts } = benchCollections(db);
  const timeout = timeoutFor(timeouts, supplierOf(plan).service);
  const context = {
    taskId: record._id,
    plan,
    createdAt: record.creation_date,
    childId: childIds(record._id, record.creation_date),
    timeoutOf: (ctxlen: number) => timeout(ctxlen, decode),
  };
  let pending: ReturnType<typeof instanceDocuments>[] = [];
  let chars = 0;
  let written = 0;
  async function flush(): Promise<void> {
    const portion = pending;
    pending = [];
    chars = 0;
    await Promise.all([
      insertOnce(
        instances,
        portion.map(({ instance }) => instance),
      ),
      insertOnce(
        prompts,
        portion.flatMap((item) => item.prompts),
      ),
    ]);
    written += portion.length;
  }
  return {
    async add(rendered: readonly RenderedInstance[]): Promise<void> {
      for (const instance of rendered) {
        pending.push(instanceDocuments(instance, context));
        chars += instance.data.length;
      }
      if (chars >= MAX_PENDING_CHARS) await flush();
    },
    flush,
    count: () => written,
  };
}

/** Notes the shard as written and, where it was the last one, writes the `tasks` document. */
async function finish(
  services: ShardServices,
  { shard }: ShardMessage,
  record: PlanProgress,
  plan: Plan,
  instances: number,
  log: Logger,
): Promise<void> {
  const { ledger, mongo, db } = services;
  const alone = record.shards === 1 && record.attempt === 1;
  const current = alone ? record : await ledger.finishShard(record, shard, instances);
  if (!current) {
    log.warn('the request was finished or given up meanwhile');
    return;
  }
  const counts = alone ? [instances] : Object.values(current.progress);
  if (counts.length < record.shards) return;
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (!alone) await checkWhole(services, record, total, total * plan.repeats);
  const document = taskDocument(record._id, plan, total, record.creation_date);
  const completed = await ledger.complete(mongo, record, async (session) => {
    await benchCollections(db).tasks.insertOne(document, { session });
  });
  if (completed) log.info('task complete', { task: plan.task, instances: total });
}

/** The Requester must never see a task in part: what was noted is held against what is there. */
async function checkWhole(
  services: ShardServices,
  record: PlanProgress,
  instances: number,
  prompts: number,
): Promise<void> {
  const { _id } = record;
  const collections = benchCollections(services.db);
  const [foundInstances, foundPrompts] = await Promise.all([
    collections.instances.countDocuments({ task_id: _id }),
    collections.prompts.countDocuments({ task_id: _id }),
  ]);
  if (foundInstances === instances && foundPrompts === prompts) return;
  if (!(await services.ledger.resetProgress(record))) return;
  await sendUnfinished(services, record);
  throw new TransientError(
    'Unavailable',
    `Of ${instances} instances and ${prompts} prompts only ${foundInstances} and ${foundPrompts} are there; all shards are written again.`,
  );
}

/** Where the process dies between sending and noting it, all are sent again; shards that are written cost next to nothing then. */
async function sendUnfinished({ ledger, shardQueue }: ShardServices, { _id }: PlanProgress): Promise<void> {
  const record = await ledger.findWhole(_id);
  if (!record) return;
  await shardQueue.send(unfinishedShards(record));
  await ledger.markSent(record);
}

async function readRows(sql: Sql, table: TableInfo, ids: readonly number[]): Promise<Map<number, Doc>> {
  const docs = await readDocsByIds(sql, table, [...new Set(ids)]);
  return new Map(docs.map((doc) => [docIdOf(doc), doc]));
}
