import { shardMessages } from '../plan/shards.ts';
import type { PlanRecord } from './records.ts';

/** The bodies of the messages of a plan's shards that are not known to be written. */
export function unfinishedShards(record: PlanRecord): string[] {
  return shardMessages(record._id.toHexString(), record.doc_ids, record.shard_size)
    .filter(({ shard }) => record.progress[`s${shard}`] === undefined)
    .map((message) => JSON.stringify(message));
}
