import type { ShardMessage } from '../messages/shard.ts';
import { countIds, readIdList, writeIdList } from './id-list.ts';

/** SQS takes 256 KiB a message; a list of ids is kept well below. */
const MAX_LIST_BYTES = 200 * 1024;
/** The longest an id and its comma get in a list. */
const MAX_ID_BYTES = 17;

/** So many documents make a request a small one: it is planned and written as a whole. More are better written while others are rendered. */
export const MOST_SMALL_DOCS = 16;

/** How many shards a plan of that many documents has; even one without documents has one, which then completes it. */
export function shardCount(docCount: number, shardSize: number): number {
  return Math.max(1, Math.ceil(docCount / usableSize(shardSize)));
}

/** The bodies of a plan's shard messages, from its list of documents. */
export function shardMessages(plan: string, docIds: string, shardSize: number): ShardMessage[] {
  const ids = readIdList(docIds);
  const size = usableSize(shardSize);
  return Array.from({ length: shardCount(ids.length, shardSize) }, (_, shard) => ({
    plan,
    shard,
    offset: shard * size,
    docs: writeIdList(ids.slice(shard * size, (shard + 1) * size)),
  }));
}

/**
 * Whether a message can be of a plan with so many shards of that size: its number, where it begins and how many documents
 * it has. Which documents they are is not looked up, as the list of a large request is long.
 * @throws PermanentError BadMessage where its documents can't be read
 */
export function isShardOf(
  { shards, shard_size }: { readonly shards: number; readonly shard_size: number },
  { shard, offset, docs }: ShardMessage,
): boolean {
  const size = usableSize(shard_size);
  if (shard >= shards || offset !== shard * size) return false;
  const { length } = readIdList(docs);
  return shard < shards - 1 ? length === size : length <= size;
}

/** Whether a message may be of a small request: of one shard of few documents. */
export function mayBeSmall({ shard, offset, docs }: ShardMessage): boolean {
  return shard === 0 && offset === 0 && (countIds(docs) ?? Number.POSITIVE_INFINITY) <= MOST_SMALL_DOCS;
}

function usableSize(shardSize: number): number {
  return Math.max(1, Math.min(shardSize, Math.floor(MAX_LIST_BYTES / MAX_ID_BYTES)));
}
