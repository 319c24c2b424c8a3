import { setImmediate } from 'node:timers/promises';
import type { Sql } from 'postgres';
import type { Catalogue } from '../catalogue/catalogue.ts';
import type { TaskEntry } from '../catalogue/entry.ts';
import { resolveTasks } from '../catalogue/resolve.ts';
import { checkStorable } from '../documents/documents.ts';
import { planId } from '../documents/ids.ts';
import { PermanentError } from '../errors/errors.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Dropped, NewPlan, PlanRecord } from '../ledger/records.ts';
import { docsHash, shardBodies, unfinishedShards } from '../ledger/records.ts';
import { takeUp } from '../ledger/take-up.ts';
import type { Logger } from '../log/log.ts';
import { type SampleMessage, SIGNATURES } from '../messages/sample.ts';
import { writeIdList } from '../plan/id-list.ts';
import { encodePlan, supplierOf } from '../plan/plan.ts';
import { planHash } from '../plan/plan-hash.ts';
import { type PlannedTask, type PlanningSettings, planTask, type TableOf } from '../plan/plan-task.ts';
import { shardCount, shardMessages } from '../plan/shards.ts';
import { openDocs } from '../processed/open.ts';
import { IdentityInDoubt } from '../queue/delivery.ts';
import type { Queue } from '../queue/queue.ts';
import { encodeSignaturePlan, planSignatures, type SignaturePlan, signaturePlanHash } from '../signatures/plan.ts';
import { requireDataset } from '../tables/table.ts';
import { checkScorable } from './unscored.ts';

/** What planning a request needs. */
export interface SampleServices {
  readonly sql: Sql;
  /** Opened when it is needed: signatures need none. */
  readonly catalogue: () => Promise<Catalogue>;
  readonly ledger: Ledger;
  /** What the ledger needs before its first record; it may still be under way while the request is planned. */
  readonly ready?: Promise<void>;
  readonly shardQueue: Queue;
  /** What configuration says of all requests. */
  readonly settings?: PlanningSettings;
  /** Whether tasks are refused whose answers can't be scored here. */
  readonly refusesUnscored?: boolean;
  /** Documents per shard. */
  readonly shardSize: number;
}

/** A message's settings stand in the plan of each task that it leads to: so many bytes they may be in all. */
const MAX_REPEATED_BYTES = 64 * 1024 ** 2;

/** Who asks: a message's identity, and whether it continues with what was abandoned (it came back from the dead-letter queue). */
export interface Request {
  readonly requestId: string;
  readonly redriven: boolean;
  readonly seed: bigint;
  /** Of the message's body. */
  readonly bytes: number;
  /** What the body is known by, where it may come back. */
  readonly bodyHash?: string;
  /** The note of an equal message that is not done, where it is still to be asked whether there is one. */
  readonly unless?: NewPlan['_id'];
  /** When its message was sent; not given where what was known then may be what it failed for. */
  readonly sentAt?: number | undefined;
  readonly log: Logger;
}

/** What came of a request. */
export interface Sampled {
  /** Tasks that the message leads to. */
  readonly tasks: number;
  /** Tasks that were planned, or whose plan continues. */
  readonly planned: number;
  /** Messages sent to the shard queue. */
  readonly shards: number;
  /** Tasks that nothing is done for, as a request of their kind is in progress. */
  readonly dropped: readonly Dropped[];
}

/**
 * Plans a request and sends out its shards. Every task of it is planned before the first is begun, so that a request which
 * can't be carried out in full leaves nothing behind.
 * @throws PermanentError for what can never succeed: unknown or unsupported task, unregistered data set, impossible documents;
 * IdentityInDoubt where an equal message is noted as not done, and nothing was begun
 */
export async function sampleRequest(
  services: SampleServices,
  message: SampleMessage,
  request: Request,
): Promise<Sampled> {
  const plans = await plansOf(services, message, request);
  await services.ready;
  const beginning = beginAll(services, request, plans);
  const { address } = message.requester_args;
  const sending = sendAhead(services, plans, beginning, address);
  // What it fails with is told below, unless a plan could not be recorded, which is told first.
  sending.catch(() => {});
  const { begun, bodies, dropped } = await beginning;
  if (!(await sending)) await services.shardQueue.send(bodies, address);
  for (const record of begun) if (record.unsent) await services.ledger.markSent(record);
  return { tasks: plans.length, planned: begun.length, shards: bodies.length, dropped };
}

/** What came of recording a request's plans. */
interface BegunPlans {
  readonly begun: readonly PlanRecord[];
  /** The messages to be sent for them. */
  readonly bodies: readonly string[];
  readonly dropped: readonly Dropped[];
}

async function beginAll(services: SampleServices, request: Request, plans: readonly NewPlan[]): Promise<BegunPlans> {
  const begun: PlanRecord[] = [];
  const dropped: Dropped[] = [];
  for (const [place, plan] of plans.entries()) {
    const found = await beginTask(services, request, plan, place === 0 ? request.unless : undefined);
    if (found === null) continue;
    if ('inProgress' in found) dropped.push(found);
    else begun.push(found);
  }
  return { begun, bodies: begun.flatMap(unfinishedShards), dropped };
}

/**
 * Makes the message of a request's only shard ready while its plan is recorded, and sends it once that is done: what a call of SQS
 * takes of the processor is done while MongoDB is waited for.
 * @returns whether it was sent, and with it all there is to send
 */
async function sendAhead(
  { shardQueue }: SampleServices,
  plans: readonly NewPlan[],
  beginning: Promise<BegunPlans>,
  address: string,
): Promise<boolean> {
  const [plan, another] = plans;
  if (plan === undefined || another !== undefined || plan.shards !== 1) return false;
  // By then the plan is on its way.
  await setImmediate();
  const [body = ''] = shardBodies(plan);
  const isAll = beginning.then(({ bodies }) => bodies.length === 1 && bodies[0] === body);
  return shardQueue.sendWhen(isAll, body, address);
}

/**
 * Every task that the message names, planned.
 * @throws PermanentError for what can never succeed
 */
export async function plansOf(
  services: SampleServices,
  message: SampleMessage,
  request: Request,
): Promise<readonly NewPlan[]> {
  if (message.framework !== SIGNATURES) return planTasks(services, message, request);
  return planSignatures(message, request.seed).map((plan) => signatureRecord(request, plan));
}

/** Every task of the harness that the message names, planned. */
async function planTasks(services: SampleServices, message: SampleMessage, request: Request): Promise<NewPlan[]> {
  const catalogue = await services.catalogue();
  const entries = await resolveTasks(catalogue, message.tasks);
  if (entries.length * request.bytes > MAX_REPEATED_BYTES) {
    throw new PermanentError(
      'BadMessage',
      `The message has ${request.bytes} bytes and leads to ${entries.length} tasks, each of which keeps a copy of its settings: ` +
        `${MAX_REPEATED_BYTES} bytes together is the most. Send it as several messages of fewer tasks, or with shorter lists.`,
    );
  }
  const planned = await Promise.all(entries.map((entry) => planOf(services, catalogue, message, request, entry)));
  for (const { plan } of planned) checkStorable(plan);
  return planned.map((task) => taskRecord(services, request, task));
}

async function planOf(
  { sql, settings, refusesUnscored = false }: SampleServices,
  catalogue: Catalogue,
  message: SampleMessage,
  { seed, sentAt, log }: Request,
  asked: TaskEntry,
): Promise<PlannedTask> {
  const tableOf: TableOf = async ({ name }, config) => {
    const docs = await openDocs(sql, name, config, { sentAt });
    const { table, splits, processed, idsOf } = docs;
    requireDataset(name, { path: config.dataset_path, name: config.dataset_name }, table.table, table.dataset);
    return { splits, version: table.version, processed, idsOf };
  };
  const planned = await planTask(catalogue, message, asked, seed, tableOf, settings);
  await checkScorable(catalogue, planned.plan.entry, refusesUnscored, log);
  const { length: count } = planned.ignoredBlacklist;
  if (count > 0) log.warn('blacklisted ids outside the split are ignored', { task: asked.name, count });
  return planned;
}

/** Records the plan; null where nothing is left to do for it: the work is done or abandoned. */
async function beginTask(
  services: SampleServices,
  request: Request,
  plan: NewPlan,
  unless: NewPlan['_id'] | undefined,
): Promise<PlanRecord | Dropped | null> {
  const log = request.log.with({ plan: plan._id.toHexString(), task: plan.task });
  const begun = await services.ledger.begin(plan, unless);
  if (begun.kind === 'noted') throw new IdentityInDoubt();
  if (begun.kind === 'busy') return drop(log, plan.task, begun.other);
  if (begun.isNew) {
    log.info('request planned', { shards: begun.record.shards });
    return begun.record;
  }
  const taken = await takeUp(services.ledger, begun.record, request.redriven);
  if (taken.kind === 'work') {
    if (taken.again) log.info('request resumed');
    return taken.record;
  }
  const { why, record } = taken;
  if (why === 'busy') return drop(log, plan.task, taken.other);
  if (why === 'done') log.info('delivered again; the work is done');
  else
    log.warn('delivered again, but the request was abandoned', { state: record.state, error: record.error?.message });
  return null;
}

function drop(log: Logger, task: string, { request_id: inProgress }: Pick<PlanRecord, 'request_id'>): Dropped {
  log.warn('dropped: a request of this kind is in progress', { inProgress });
  return { task, inProgress };
}

/** What a task's plan is recorded with. */
function taskRecord(
  { shardSize }: SampleServices,
  { requestId, bodyHash }: Request,
  { plan, docIds }: PlannedTask,
): NewPlan {
  const encoded = encodePlan(plan);
  const ids = writeIdList(docIds);
  return {
    _id: planId(requestId, plan.task),
    request_id: requestId,
    framework: plan.asked.framework,
    task: plan.task,
    ...supplierOf(plan),
    shards: shardCount(docIds.length, shardSize),
    shard_size: shardSize,
    plan: encoded,
    plan_hash: planHash(plan, encoded, ids),
    doc_ids: ids,
    shard_docs: shardMessages('', ids, shardSize).map(({ docs }) => docsHash(docs)),
    ...(bodyHash === undefined ? {} : { body_hash: bodyHash }),
  };
}

/** What a signature's plan is recorded with: it has no documents, and one shard. */
function signatureRecord({ requestId, bodyHash }: Request, plan: SignaturePlan): NewPlan {
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
    plan_hash: signaturePlanHash(plan),
    doc_ids: '',
    ...(bodyHash === undefined ? {} : { body_hash: bodyHash }),
  };
}
