import { type ClientSession, ObjectId } from 'mongodb';
import { collectionsOf } from '../documents/collections.ts';
import { insertWithin, isDuplicateKey } from '../documents/write.ts';
import { SamplerError } from '../errors/errors.ts';
import type { PlanProgress } from '../ledger/ledger.ts';
import type { ShardMessage } from '../messages/shard.ts';
import { countIds } from '../plan/id-list.ts';
import { MAX_DOCUMENTS } from './at-once.ts';
import { factsOf, isItsShard } from './belonging.ts';
import type { ShardDelivery, ShardServices } from './services.ts';
import { type SmallWork, smallWorkOf, type TimeBudget } from './work.ts';
import { MOST_AT_ONCE_CHARS } from './writer.ts';

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

/** One request's documents, and the message that it came by. */
interface Prepared<Delivery extends ShardDelivery> extends SmallWork {
  readonly record: PlanProgress;
  readonly delivery: Delivery;
}

/** Whether a message may be of a request of one shard of few documents. */
export function mayBeSmall({ shard, offset, docs }: ShardMessage): boolean {
  return shard === 0 && offset === 0 && (countIds(docs) ?? Number.POSITIVE_INFINITY) <= MAX_DOCUMENTS;
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
  const prepared: Prepared<Delivery>[] = [];
  const budget = { ms: MOST_MS };
  for (const record of records) {
    const item = byPlan.get(record._id.toHexString());
    const work = item && budget.ms > 0 ? await prepare(services, item, record, budget) : undefined;
    if (!item || !work) continue;
    prepared.push({ ...work, record, delivery: item.delivery });
  }
  const written: Prepared<Delivery>[] = [];
  for (const some of portions(prepared)) {
    if (!(await writeAll(services, some))) continue;
    written.push(...some);
    for (const { record, delivery, instances } of some) {
      delivery.log.append({ plan: record._id.toHexString(), shard: 0, ...factsOf(record) });
      delivery.log.info('task complete', { instances: instances.length });
    }
  }
  return {
    done: new Set(written.map(({ delivery }) => delivery)),
    instances: written.reduce((sum, { instances }) => sum + instances.length, 0),
    prompts: written.reduce((sum, { prompts }) => sum + prompts.length, 0),
  };
}

/** A request's documents; undefined where it is left to be done by itself, which also tells what is wrong with it. */
async function prepare(
  services: ShardServices,
  { message }: ShardReceived<ShardDelivery>,
  record: PlanProgress,
  budget: TimeBudget,
): Promise<SmallWork | undefined> {
  try {
    return isItsShard(record, message) ? await smallWorkOf(services, message, record, budget) : undefined;
  } catch (error) {
    // Where a server is away, all of them wait for it.
    if (error instanceof SamplerError && error.code !== 'Unavailable') return undefined;
    throw error;
  }
}

/** Parts that a transaction takes. */
function* portions<Work extends SmallWork>(works: readonly Work[]): Generator<Work[]> {
  let some: Work[] = [];
  let chars = 0;
  for (const work of works) {
    if (work.chars > MOST_AT_ONCE_CHARS) continue;
    if (chars + work.chars > MOST_AT_ONCE_CHARS) {
      yield some;
      some = [];
      chars = 0;
    }
    some.push(work);
    chars += work.chars;
  }
  if (some.length > 0) yield some;
}

/** Writes all of them or none: false where one was begun meanwhile, or left something by an earlier try. */
async function writeAll(
  { ledger, mongo, db }: ShardServices,
  works: readonly (SmallWork & { readonly record: PlanProgress })[],
): Promise<boolean> {
  const { instances, prompts, tasks } = collectionsOf(db);
  const ids = works.map(({ record }) => record._id);
  const write = async (session: ClientSession) => {
    await insertWithin(
      db,
      session,
      instances,
      works.flatMap((work) => work.instances),
    );
    await insertWithin(
      db,
      session,
      prompts,
      works.flatMap((work) => work.prompts),
    );
    await insertWithin(
      db,
      session,
      tasks,
      works.map(({ task }) => task),
    );
  };
  try {
    return await ledger.completeTogether(mongo, ids, write);
  } catch (error) {
    if (isDuplicateKey(error)) return false;
    throw error;
  }
}
