import { ObjectId } from 'mongodb';
import { PermanentError } from '../errors/errors.ts';
import type { Attempt, PlanProgress } from '../ledger/ledger.ts';
import { docsHash } from '../ledger/records.ts';
import { takeUp } from '../ledger/take-up.ts';
import type { Logger } from '../log/log.ts';
import type { ShardMessage } from '../messages/shard.ts';
import { isShardOf } from '../plan/shards.ts';
import { finishShard, sendUnfinished } from './finish.ts';
import type { ShardServices } from './services.ts';
import { workOf } from './work.ts';

/** One delivery of a shard message. */
export interface ShardDelivery {
  readonly redriven: boolean;
  readonly log: Logger;
  /** Hears which attempt at the plan the shard is worked on for, before it is. */
  readonly onAttempt?: (attempt: Attempt) => void;
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
 * @throws PermanentError where a document can't be rendered; the plan can then never be completed. BadMessage where the
 * message is of no plan, or no shard of its plan; no attempt was named then
 */
export async function renderShard(
  services: ShardServices,
  message: ShardMessage,
  delivery: ShardDelivery,
): Promise<Written> {
  const { log } = delivery;
  const id = new ObjectId(message.plan);
  log.append({ plan: message.plan, shard: message.shard });
  const found = await services.ledger.find(id, message.shard);
  if (!found) {
    throw new PermanentError(
      'BadMessage',
      `There is no plan ${message.plan}; its record may have been kept no longer.`,
    );
  }
  log.append({ requestId: found.request_id, task: found.task, supplier: found.address });
  // Else it would count as one of the plan's shards, or its failure as the plan's.
  const [known] = found.shard_docs ?? [];
  if (!isShardOf(found, message) || (known !== undefined && known !== docsHash(message.docs))) {
    throw new PermanentError(
      'BadMessage',
      `Shard ${message.shard} with these documents is none of plan ${message.plan}.`,
    );
  }
  const record = await wanted(services, found, delivery);
  if (!record) return NOTHING;
  delivery.onAttempt?.(record);
  if (record.unsent) await sendUnfinished(services, record);
  const work = workOf(services, message, record);
  const noted = record.progress[`s${message.shard}`];
  const { instances, chars } =
    noted === undefined ? await work.write(log) : { instances: noted, chars: record.sizes?.[`s${message.shard}`] };
  log.info(noted === undefined ? 'shard written' : 'shard was written before', { instances });
  const completed = await finishShard(services, { shard: message.shard, instances, chars }, record, work, log);
  return noted === undefined ? { instances, prompts: instances * work.repeats, completed } : { ...NOTHING, completed };
}

/** The plan to work on; null where the shard is not wanted. */
async function wanted(
  { ledger }: ShardServices,
  record: PlanProgress,
  { redriven, log }: ShardDelivery,
): Promise<PlanProgress | null> {
  const taken = await takeUp(ledger, record, redriven);
  if (taken.kind === 'work') {
    if (taken.again) log.info('request resumed');
    return taken.record;
  }
  if (taken.why === 'done') log.info('delivered again; the work is done');
  else if (taken.why === 'abandoned') log.warn('dropped: its request failed', { error: taken.record.error?.message });
  else log.warn('dropped: its request was abandoned, and another of its kind is in progress');
  return null;
}
