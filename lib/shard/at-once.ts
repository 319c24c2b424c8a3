import { ObjectId } from 'mongodb';
import { collectionsOf } from '../documents/collections.ts';
import { insertWithin, isDuplicateKey } from '../documents/write.ts';
import type { ShardMessage } from '../messages/shard.ts';
import { mayBeSmall } from '../plan/shards.ts';
import { factsOf, isItsShard } from './belonging.ts';
import { nothingToAsk } from './finish.ts';
import type { ShardDelivery, ShardServices, Written } from './services.ts';
import { workOf } from './work.ts';
import { TooMuchAtOnce } from './writer.ts';

/**
 * Writes a request of few documents as a whole: the end of its plan, its instances and prompts and its `tasks` document, in one
 * transaction of five commands. Whoever finds the plan changed by then has written nothing. Null where it has to be done step
 * by step: there are more shards, an earlier try was made, it is too much, or MongoDB undid it (one that takes longer than the minute
 * that a transaction may last would be undone time and again).
 * @throws as `renderShard`
 */
export async function writeAtOnce(
  services: ShardServices,
  message: ShardMessage,
  delivery: ShardDelivery,
): Promise<Written | null> {
  if (!mayBeSmall(message)) return null;
  const { ledger, mongo, db } = services;
  const { log } = delivery;
  let undone = false;
  try {
    const written = await ledger.completeAtOnce(mongo, new ObjectId(message.plan), async (record, session) => {
      if (undone || !isItsShard(record, message)) return null;
      undone = true;
      log.append(factsOf(record));
      delivery.onAttempt?.(record);
      const work = workOf(services, message, record);
      const { instances } = await work.write(log, session);
      if (instances === 0) throw nothingToAsk(record);
      await insertWithin(db, session, collectionsOf(db).tasks, [work.taskDocument(instances)]);
      return { instances, prompts: instances * work.repeats, completed: true };
    });
    if (written) log.info('task complete', { instances: written.instances });
    return written;
  } catch (error) {
    // What an earlier try left of it stays as it is.
    if (error instanceof TooMuchAtOnce || isDuplicateKey(error)) return null;
    throw error;
  }
}
