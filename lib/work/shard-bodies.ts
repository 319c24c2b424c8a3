import type { ShardMessage } from '../messages/shard.ts';
import { shardMessages } from '../plan/shards.ts';
import type { LedgerRecord } from './ledger.ts';

/** The bodies of all of a plan's shard messages, from its record (with its list of documents). */
export function allShards(record: LedgerRecord): string[] {
  return messagesOf(record).map((message) => JSON.stringify(message));
}

/** The bodies of the messages whose shards are not known to be written. */
export function unfinishedShards(record: LedgerRecord): string[] {
  return messagesOf(record)
    .filter(({ shard }) => record.progress?.[`s${shard}`] === undefined)
    .map((message) => JSON.stringify(message));
}

function messagesOf(record: LedgerRecord): ShardMessage[] {
  return shardMessages(record._id.toHexString(), record.doc_ids ?? '', record.shard_size ?? 1);
}
