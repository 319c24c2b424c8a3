import type { PlanProgress } from '../ledger/ledger.ts';
import { docsHash } from '../ledger/records.ts';
import type { ShardMessage } from '../messages/shard.ts';
import { isShardOf } from '../plan/shards.ts';

/**
 * Whether a message is of a shard of this plan, with the documents that the plan has there.
 * @throws PermanentError BadMessage where its documents can't be read
 */
export function isItsShard(record: PlanProgress, message: ShardMessage): boolean {
  const [known] = record.shard_docs ?? [];
  return isShardOf(record, message) && (known === undefined || known === docsHash(message.docs));
}

/** What each line of the log says of the plan. */
export function factsOf({ request_id: requestId, task, address: supplier }: PlanProgress) {
  return { requestId, task, supplier };
}
