import { type ClientSession, ObjectId } from 'mongodb';
import { collectionsOf } from '../documents/collections.ts';
import type { EncodedDocuments } from '../documents/encoder.ts';
import { giveBack, takeDocuments } from '../documents/room.ts';
import { insertEncodedWithin, insertWithin, isDuplicateKey } from '../documents/write.ts';
import type { PlanProgress } from '../ledger/ledger.ts';
import type { ShardMessage } from '../messages/shard.ts';
import { unlessOfItself } from '../queue/together.ts';
import { factsOf, isItsShard } from './belonging.ts';
import type { ShardDelivery, ShardServices } from './services.ts';
import { MOST_SMALL_CHARS, type SmallWork, smallWorkOf, type TimeBudget } from './work.ts';

/** A shard message and how it came. */
export interface ShardReceived<Delivery extends ShardDelivery> {
  readonly message: ShardMessage;
  readonly delivery: Delivery;
}

/** What came of requests that were written together. */
export interface WrittenTogether<Delivery> {
  readonly done: ReadonlySet<Delivery>;
  readonly instances: number;
  readonly prompts: number;
}

/** So long may rendering take, all of it; what is left then is done by itself. */
const MOST_MS = 1_000;

/** One request that is to be written, and the message that it came by. */
interface Prepared<Delivery extends ShardDelivery> extends SmallWork {
  readonly record: PlanProgress;
  readonly delivery: Delivery;
}

/** Requests that are written in one transaction. */
interface Portion<Delivery extends ShardDelivery> {
  readonly works: Prepared<Delivery>[];
  readonly documents: EncodedDocuments;
  chars: number;
}

/**
 * Writes requests of few documents, each as a whole, with the commands of one: as `writeAtOnce`, in a transaction of all of them. What is
 * not as simple as that, or was not rendered quickly before, is left, to be done by itself.
 * @throws TransientError Unavailable; nothing of what it was at is written then
 */
export async function writeTogether<Delivery extends ShardDelivery>(
  services: ShardServices,
  received: readonly ShardReceived<Delivery>[],
): Promise<WrittenTogether<Delivery>> {
  const byPlan = new Map(received.map((item) => [item.message.plan, item]));
  const records = await services.ledger.findUntouched([...byPlan.keys()].map((plan) => new ObjectId(plan)));
  const written: Prepared<Delivery>[] = [];
  const budget: TimeBudget = { ms: MOST_MS, waitedFor: new Set() };
  let portion: Portion<Delivery> = { works: [], documents: takeDocuments(), chars: 0 };
  for (const record of records) {
    const item = byPlan.get(record._id.toHexString());
    const work = item && budget.ms > 0 ? await prepare(services, item, record, budget, portion.documents) : undefined;
    if (!item || !work) continue;
    portion.works.push({ ...work, record, delivery: item.delivery });
    portion.chars += work.chars;
    if (portion.chars <= MOST_SMALL_CHARS) continue;
    written.push(...(await writeAll(services, portion)));
    portion = { works: [], documents: takeDocuments(), chars: 0 };
  }
  written.push(...(await writeAll(services, portion)));
  return {
    done: new Set(written.map(({ delivery }) => delivery)),
    instances: written.reduce((sum, { instances }) => sum + instances, 0),
    prompts: written.reduce((sum, { prompts }) => sum + prompts, 0),
  };
}

/** Adds a request's documents; undefined where it is left to be done by itself, which also tells what is wrong with it. */
async function prepare(
  services: ShardServices,
  { message }: ShardReceived<ShardDelivery>,
  record: PlanProgress,
  budget: TimeBudget,
  documents: EncodedDocuments,
): Promise<SmallWork | undefined> {
  const [instances, prompts] = [documents.instances.count, documents.prompts.count];
  const work = await unlessOfItself(async () =>
    isItsShard(record, message) ? smallWorkOf(services, message, record, budget, documents) : undefined,
  );
  if (work === undefined) {
    documents.instances.cutTo(instances);
    documents.prompts.cutTo(prompts);
  }
  return work;
}

/** Writes all of them or none, which it gives: none where one was begun meanwhile, or left something by an earlier try. */
async function writeAll<Delivery extends ShardDelivery>(
  { ledger, mongo, db }: ShardServices,
  { works, documents }: Portion<Delivery>,
): Promise<readonly Prepared<Delivery>[]> {
  if (works.length === 0) return [];
  const ids = works.map(({ record }) => record._id);
  const tasks = works.map(({ task }) => task);
  const write = async (session: ClientSession) => {
    await insertEncodedWithin(db, session, 'instances', documents.instances);
    await insertEncodedWithin(db, session, 'prompts', documents.prompts);
    await insertWithin(db, session, collectionsOf(db).tasks, tasks);
  };
  try {
    if (!(await ledger.completeTogether(mongo, ids, write))) return [];
  } catch (error) {
    if (isDuplicateKey(error)) return [];
    throw error;
  }
  giveBack(documents);
  for (const { record, delivery, instances } of works) {
    delivery.log.append({ plan: record._id.toHexString(), shard: 0, ...factsOf(record) });
    delivery.log.info('task complete', { instances });
  }
  return works;
}
