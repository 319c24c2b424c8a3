import { GetQueueAttributesCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { Collection, Db, ObjectId } from 'mongodb';
import * as z from 'zod';
import { addressOf, QTY } from './small-messages.ts';

const groups = z.array(z.object({ groups: z.number(), most: z.number(), all: z.number() })).max(1);

/** What stands in MongoDB for so many requests, counted there; says `exactly once` only where each is there once, whole. */
export async function describeWritten(db: Db, sqs: SQSClient, kind: string, requests: number): Promise<string> {
  const tasks = db.collection('tasks');
  const [first, end] = [addressOf(kind, ''), `${addressOf(kind, '')}~`];
  const ours = { 'requester_args.address': { $gte: first, $lt: end } };
  const ids = (await tasks.find(ours, { projection: { _id: 1 } }).toArray()).map(({ _id }) => _id);
  const of = (name: string, by: unknown) => grouped(db.collection(name), { task_id: { $in: ids } }, by);
  const suppliers = await grouped(tasks, ours, '$requester_args.address');
  const instances = await of('instances', { task: '$task_id', doc: '$doc_id' });
  const prompts = await of('prompts', '$instance_id');
  const dead = (await held(sqs, 'SAMPLE_QUEUE_URL')) + (await held(sqs, 'SHARD_QUEUE_URL'));
  const doubled = [suppliers, instances, prompts].filter(({ most }) => most > 1).length > 0;
  const whole =
    suppliers.groups === requests && instances.groups === requests * QTY && prompts.groups === instances.groups;
  return (
    `${suppliers.groups} suppliers with ${suppliers.all} tasks, ${instances.all} instances of ${instances.groups} documents asked, ` +
    `${prompts.all} prompts of ${prompts.groups} instances; unaccounted ${requests - suppliers.groups}, dead letters ${dead}: ` +
    `${whole && !doubled && dead === 0 ? 'each exactly once' : 'NOT exactly once'}`
  );
}

/** How many groups there are, how many documents in all, and how many in the largest group. */
async function grouped(
  collection: Collection,
  match: object,
  by: unknown,
): Promise<{ groups: number; most: number; all: number }> {
  const found = await collection
    .aggregate<{ _id: ObjectId }>([
      { $match: match },
      { $group: { _id: by, count: { $sum: 1 } } },
      { $group: { _id: null, groups: { $sum: 1 }, most: { $max: '$count' }, all: { $sum: '$count' } } },
    ])
    .toArray();
  return groups.parse(found)[0] ?? { groups: 0, most: 0, all: 0 };
}

/** Messages in the dead-letter queue of a queue. */
async function held(sqs: SQSClient, variable: string): Promise<number> {
  const command = new GetQueueAttributesCommand({
    QueueUrl: `${process.env[variable]}-dlq`,
    AttributeNames: ['ApproximateNumberOfMessages'],
  });
  return Number((await sqs.send(command)).Attributes?.['ApproximateNumberOfMessages']);
}
