import { ObjectId } from 'mongodb';
import { PermanentError } from '../errors/errors.ts';
import type { PlanProgress } from '../ledger/ledger.ts';
import { takeUp } from '../ledger/take-up.ts';
import type { ShardMessage } from '../messages/shard.ts';
import { writeAtOnce } from './at-once.ts';
import { factsOf, isItsShard } from './belonging.ts';
import { finishShard, sendUnfinished } from './finish.ts';
import type { ShardDelivery, ShardServices, Written } from './services.ts';
import { workOf } from './work.ts';

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
  const whole = await writeAtOnce(services, message, delivery);
  if (whole) return whole;
  const found = await services.ledger.find(id, message.shard);
  if (!found) {
    throw new PermanentError(
      'BadMessage',
      `There is no plan ${message.plan}; its record may have been kept no longer.`,
    );
  }
  log.append(factsOf(found));
  // Else it would count as one of the plan's shards, or its failure as the plan's.
  if (!isItsShard(found, message)) {
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
