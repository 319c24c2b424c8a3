import { collectionsOf } from '../documents/collections.ts';
import { PermanentError, TransientError } from '../errors/errors.ts';
import { LEASE_EXPIRED, type PlanProgress } from '../ledger/ledger.ts';
import { unfinishedShards } from '../ledger/records.ts';
import type { Logger } from '../log/log.ts';
import { checkSizes } from './allowance.ts';
import type { ShardServices } from './services.ts';
import type { Work } from './work.ts';

/**
 * Notes the shard as written and, where it was the last one, writes the `tasks` document.
 * @returns whether it did
 * @throws PermanentError BadTaskDefinition where not one document of the request asks anything
 * @throws TransientError Unavailable where documents that were written are not there; all shards are on their way again then.
 * Likewise where the request's lease ended meanwhile: the shard's message resumes it when it comes again
 */
export async function finishShard(
  services: ShardServices,
  {
    shard,
    instances,
    chars,
  }: { readonly shard: number; readonly instances: number; readonly chars: number | undefined },
  record: PlanProgress,
  work: Pick<Work, 'repeats' | 'taskDocument'>,
  log: Logger,
): Promise<boolean> {
  const { ledger, mongo, db } = services;
  const alone = record.shards === 1 && record.attempt === 1;
  const current = alone ? record : await ledger.finishShard(record, shard, instances, chars);
  if (!current) return await overMeanwhile(services, record, log);
  if (!alone) checkSizes({ ...record, ...current }, services.requestChars);
  const counts = alone ? [instances] : Object.values(current.progress);
  if (counts.length < record.shards) return false;
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total === 0) throw nothingToAsk(record);
  if (!alone) await checkWhole(services, record, total, total * work.repeats);
  const document = work.taskDocument(total);
  const completed = await ledger.complete(mongo, record, async (session) => {
    await collectionsOf(db).tasks.insertOne(document, { session });
  });
  if (!completed) return await overMeanwhile(services, record, log);
  log.info('task complete', { instances: total });
  return true;
}

/** A lease may end while a shard is at work that had waited for long: its message may be the last one that could resume the request. */
async function overMeanwhile({ ledger }: ShardServices, { _id, attempt }: PlanProgress, log: Logger): Promise<false> {
  const now = await ledger.find(_id);
  if (now?.attempt === attempt && now.error?.code === LEASE_EXPIRED) {
    throw new TransientError(
      'Unavailable',
      'The request was abandoned while this shard was written, as its lease ended. It is tried again, and resumes it.',
    );
  }
  log.warn('the request was finished or abandoned meanwhile');
  return false;
}

/** The error of a task without instances, which could never be answered and never be scored; the harness refuses it as well. */
export function nothingToAsk({ task }: PlanProgress): PermanentError {
  return new PermanentError(
    'BadTaskDefinition',
    `Task ${task}: not one of its documents asks anything, as its doc_to_choice gives no choices for them. Correct the definition.`,
  );
}

/** The Requester must never see a task in part: what was noted is checked against what is there. */
async function checkWhole(
  services: ShardServices,
  record: PlanProgress,
  instances: number,
  prompts: number,
): Promise<void> {
  const { _id } = record;
  const collections = collectionsOf(services.db);
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

/**
 * Sends the messages of all shards that are not noted as written. Where the process dies before it has noted that, they
 * are sent again; those written by then cost next to nothing.
 */
export async function sendUnfinished({ ledger, shardQueue }: ShardServices, { _id }: PlanProgress): Promise<void> {
  const record = await ledger.findWhole(_id);
  if (!record) return;
  await shardQueue.send(unfinishedShards(record), record.address);
  await ledger.markSent(record);
}
