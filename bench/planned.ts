import { ObjectId } from 'mongodb';
import { collectionsOf } from '../lib/documents/collections.ts';
import type { ShardMessage } from '../lib/messages/shard.ts';
import { shardCount, shardMessages } from '../lib/plan/shards.ts';
import type { BenchTask } from './questions.ts';
import type { BenchServices } from './services.ts';

/** Records a plan for a task's first documents; gives its id and the messages of its shards, which are sent to nobody. */
export async function planned(
  { ledger }: BenchServices,
  task: BenchTask,
  documents: number,
  shardSize: number,
): Promise<{ id: ObjectId; shards: ShardMessage[] }> {
  const id = new ObjectId();
  const name = id.toHexString();
  const doc_ids = `${task.firstId}-${task.firstId + documents - 1}`;
  await ledger.begin({
    _id: id,
    request_id: name,
    framework: 'lmeh',
    task: task.name,
    address: name,
    service: 's',
    shards: shardCount(documents, shardSize),
    shard_size: shardSize,
    plan: task.plan(documents),
    doc_ids,
  });
  return { id, shards: shardMessages(name, doc_ids, shardSize) };
}

/** Removes all that was written for a plan. */
export async function remove({ db }: BenchServices, id: ObjectId): Promise<void> {
  const { tasks, instances, prompts } = collectionsOf(db);
  await Promise.all([
    tasks.deleteOne({ _id: id }),
    instances.deleteMany({ task_id: id }),
    prompts.deleteMany({ task_id: id }),
    db.collection('sample_requests').deleteOne({ _id: id }),
  ]);
}
