import type { Sql } from 'postgres';
import type { Catalogue } from '../catalogue/catalogue.ts';
import type { TaskEntry } from '../catalogue/entry.ts';
import { resolveTasks } from '../catalogue/resolve.ts';
import { checkStorable } from '../documents/documents.ts';
import { planId } from '../documents/ids.ts';
import { LEASE_EXPIRED, type Ledger } from '../ledger/ledger.ts';
import type { NewPlan, PlanRecord } from '../ledger/records.ts';
import { unfinishedShards } from '../ledger/shard-bodies.ts';
import type { Logger } from '../log/log.ts';
import { type SampleMessage, SIGNATURES } from '../messages/sample.ts';
import { writeIdList } from '../plan/id-list.ts';
import { encodePlan, supplierOf } from '../plan/plan.ts';
import { type PlannedTask, planTask } from '../plan/plan-task.ts';
import { shardCount } from '../plan/shards.ts';
import type { Queue } from '../queue/queue.ts';
import { encodeSignaturePlan, planSignatures, type SignaturePlan } from '../signatures/plan.ts';
import { openTable } from '../tables/read.ts';

/** What planning a request needs. */
export interface SampleServices {
  readonly sql: Sql;
  /** Opened when it is needed: signatures need none. */
  readonly catalogue: () => Promise<Catalogue>;
  readonly ledger: Ledger;
  readonly shardQueue: Queue;
  /** Documents per shard. */
  readonly shardSize: number;
}

/** Who asks: a message's identity, and whether it continues with what was abandoned (it came back from the dead-letter queue). */
export interface Request {
  readonly requestId: string;
  readonly redriven: boolean;
  readonly seed: bigint;
  readonly log: Logger;
}

/** What came of a request. */
export interface Sampled {
  /** Tasks that were planned, or whose plan continues. */
  readonly planned: number;
  /** Messages sent to the shard queue. */
  readonly shards: number;
}

/**
 * Plans a request and sends out its shards. Every task of it is planned before the first is begun, so that a request which
 * can't be carried out in full leaves nothing behind.
 * @throws PermanentError for what can never succeed: unknown or unsupported task, unregistered data set, impossible documents.
 */
export async function sampleRequest(
  services: SampleServices,
  message: SampleMessage,
  request: Request,
): Promise<Sampled> {
  const plans =
    message.framework === SIGNATURES
      ? planSignatures(message, request.seed).map((plan) => signatureRecord(request, plan))
      : await planTasks(services, message, request);
  const begun: PlanRecord[] = [];
  for (const plan of plans) {
    const record = await beginTask(services, request, plan);
    if (record) begun.push(record);
  }
  const bodies = begun.flatMap(unfinishedShards);
  await services.shardQueue.send(bodies);
  for (const record of begun) if (record.unsent) await services.ledger.markSent(record);
  return { planned: begun.length, shards: bodies.length };
}

/** Every task of the harness that the message names, planned. */
async function planTasks(services: SampleServices, message: SampleMessage, request: Request): Promise<NewPlan[]> {
  const catalogue = await services.catalogue();
  const entries = await resolveTasks(catalogue, message.tasks);
  const planned = await Promise.all(entries.map((entry) => planOf(services, catalogue, message, request, entry)));
  for (const { plan } of planned) checkStorable(plan);
  return planned.map((task) => taskRecord(services, request, task));
}

async function planOf(
  { sql }: SampleServices,
  catalogue: Catalogue,
  message: SampleMessage,
  { seed, log }: Request,
  asked: TaskEntry,
): Promise<PlannedTask> {
  const planned = await planTask(catalogue, message, asked, seed, ({ name }) => openTable(sql, name));
  const { length: count } = planned.ignoredBlacklist;
  if (count > 0) log.warn('blacklisted ids outside the split are ignored', { task: asked.name, count });
  return planned;
}

/** Records the plan; null where nothing is left to do for it: the work is done, dropped or abandoned. */
async function beginTask(services: SampleServices, request: Request, plan: NewPlan): Promise<PlanRecord | null> {
  const id = plan._id;
  const log = request.log.with({ plan: id.toHexString(), task: plan.task });
  const begun = await services.ledger.begin(plan);
  if (begun.kind === 'busy') {
    log.warn('dropped: a request of this kind is in progress', { inProgress: begun.other.request_id });
    return null;
  }
  const { record, isNew } = begun;
  if (isNew) log.info('request planned', { shards: record.shards });
  if (record.state === 'in_progress') return record;
  if (record.state === 'done') {
    log.info('delivered again; the work is done');
    return null;
  }
  const wanted = request.redriven || record.error?.code === LEASE_EXPIRED;
  const revived = wanted ? await services.ledger.revive(id) : null;
  if (revived) log.info('request resumed');
  else
    log.warn('delivered again, but the request was abandoned', { state: record.state, error: record.error?.message });
  return revived;
}

/** What a task's plan is recorded with. */
function taskRecord({ shardSize }: SampleServices, { requestId }: Request, { plan, docIds }: PlannedTask): NewPlan {
  return {
    _id: planId(requestId, plan.task),
    request_id: requestId,
    framework: plan.asked.framework,
    task: plan.task,
    ...supplierOf(plan),
    shards: shardCount(docIds.length, shardSize),
    shard_size: shardSize,
    plan: encodePlan(plan),
    doc_ids: writeIdList(docIds),
  };
}

/** What a signature's plan is recorded with: it has no documents, and one shard. */
function signatureRecord({ requestId }: Request, plan: SignaturePlan): NewPlan {
  const { framework, task, address, service } = plan;
  return {
    _id: planId(requestId, task),
    request_id: requestId,
    framework,
    task,
    address,
    service,
    shards: 1,
    shard_size: 1,
    plan: encodeSignaturePlan(plan),
    doc_ids: '',
  };
}
