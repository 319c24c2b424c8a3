import type { Db } from 'mongodb';
import { collectionsOf } from '../documents/collections.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { giveUpLoads } from '../ledger/message-log.ts';
import type { Logger } from '../log/log.ts';

/**
 * A shard that was at work when its plan failed is surely over after this, so that nothing is written behind the sweep's
 * back: above the time-out of the function `shard` in serverless.yml, at which Lambda ends it.
 */
const STRAGGLER_MS = 6 * 60 * 1000;

/** What one sweep did. */
export interface SweepResult {
  expired: number;
  swept: number;
  instances: number;
  prompts: number;
}

/**
 * Abandons requests whose lease ran out and removes what failed ones left behind, once no shard of theirs can still be
 * writing. A plan being swept can't be resumed, so that nothing new is removed.
 */
export async function sweep(
  db: Db,
  ledger: Ledger,
  log: Logger,
  stragglerMs: number = STRAGGLER_MS,
): Promise<SweepResult> {
  const result: SweepResult = { expired: 0, swept: 0, instances: 0, prompts: 0 };
  for await (const { _id, task } of ledger.expired()) {
    if (!(await ledger.expire(_id))) continue;
    result.expired++;
    log.warn('request abandoned: no progress within its lease', { plan: _id.toHexString(), task });
  }
  const loads = await giveUpLoads(db);
  if (loads > 0) log.warn('register messages abandoned: their loads made no progress for a day', { messages: loads });
  const { tasks, instances, prompts } = collectionsOf(db);
  for await (const { _id, task } of ledger.remains(stragglerMs)) {
    const record = await ledger.startSweep(_id);
    if (!record) continue;
    // A finished task is never touched, whatever its record says.
    if (await tasks.findOne({ _id }, { projection: { _id: 1 } })) {
      log.error('a failed request has a tasks document; it counts as done', { plan: _id.toHexString(), task });
      await ledger.settle(_id);
      continue;
    }
    // Should this sweep be so late that the plan was swept and resumed meanwhile: what it writes now has a later date.
    const left = { task_id: _id, creation_date: { $lte: record.creation_date } };
    result.prompts += (await prompts.deleteMany(left)).deletedCount;
    result.instances += (await instances.deleteMany(left)).deletedCount;
    if (await ledger.markSwept(record)) result.swept++;
  }
  return result;
}
