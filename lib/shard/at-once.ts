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
 * transaction of five commands. Whoever finds the plan changed by then has written nothing. Why not as `writeTogether`, with one
 * request: that looks for plans before its transaction, which is one command more, and renders within limits that suit many.
 * @returns null where it has to be done step by step: there are more shards, an earlier try was made, it is too much for a
 * transaction, or MongoDB undid it
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
  let begun = false;
  try {
    const written = await ledger.completeAtOnce(mongo, new ObjectId(message.plan), async (record, session) => {
      // Called again where MongoDB undid it: a transaction that takes over a minute would be undone time and again.
      if (begun || !isItsShard(record, message)) return null;
      begun = true;
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
