import { ObjectId } from 'mongodb';
import { PermanentError, TransientError } from '../errors/errors.ts';
import { LEASE_EXPIRED, type Ledger, type PlanProgress } from '../ledger/ledger.ts';
import type { Logger } from '../log/log.ts';
import type { ShardMessage } from '../messages/shard.ts';
import { finishShard, sendUnfinished } from './finish.ts';
import type { ShardServices } from './services.ts';
import { workOf } from './work.ts';

/** One delivery of a shard message. */
export interface ShardDelivery {
  readonly redriven: boolean;
  readonly log: Logger;
}

/** What one delivery wrote. */
export interface Written {
  readonly instances: number;
  readonly prompts: number;
  /** Whether the `tasks` document was written. */
  readonly completed: boolean;
}

const NOTHING: Written = { instances: 0, prompts: 0, completed: false };

/**
 * Renders one shard's documents and writes their instances and prompts; whoever finds the set complete writes the `tasks`
 * document. Doing it again, late or at the same time changes nothing.
 * @throws PermanentError where a document can't be rendered; the plan can then never be completed.
 */
export async function renderShard(
  services: ShardServices,
  message: ShardMessage,
  { redriven, log }: ShardDelivery,
): Promise<Written> {
  const id = new ObjectId(message.plan);
  log.append({ plan: message.plan, shard: message.shard });
  const found = await services.ledger.find(id);
  if (!found) {
    throw new PermanentError(
      'BadMessage',
      `There is no plan ${message.plan}; its record may have been kept no longer.`,
    );
  }
  log.append({ requestId: found.request_id, task: found.task, supplier: found.address });
  const record = await wanted(services, found, { redriven, log });
  if (!record) return NOTHING;
  if (record.unsent) await sendUnfinished(services, record);
  const work = workOf(services, message, record);
  const noted = record.progress[`s${message.shard}`];
  const instances = noted ?? (await work.write());
  log.info(noted === undefined ? 'shard written' : 'shard was written before', { instances });
  const completed = await finishShard(services, message.shard, record, work, instances, log);
  return noted === undefined ? { instances, prompts: instances * work.repeats, completed } : { ...NOTHING, completed };
}

/** The plan to work on; null where the shard is not wanted. A plan that was abandoned is resumed where its messages come after all. */
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
        'What the request had written is being removed; it can be resumed after that.',
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

async function revived(ledger: Ledger, { _id }: PlanProgress, log: Logger): Promise<PlanProgress | null> {
  const record = await ledger.revive(_id);
  if (record) {
    log.info('request resumed');
    return record;
  }
  const now = await ledger.find(_id);
  if (now?.state === 'in_progress') return now;
  log.warn('dropped: its request was abandoned, and another of its kind is in progress', { state: now?.state });
  return null;
}
