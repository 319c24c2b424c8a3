import type { NewPlan } from '../ledger/records.ts';
import { unfinishedShards } from '../ledger/records.ts';
import type { SampleMessage } from '../messages/sample.ts';
import { unlessOfItself } from '../queue/together.ts';
import { plansOf, type Request, type SampleServices } from './sample.ts';

/** One of several requests that are planned together. */
export interface TogetherRequest {
  readonly message: SampleMessage;
  readonly request: Request;
  readonly services: SampleServices;
  /** The note of an equal message that is not done. */
  readonly unless: NewPlan['_id'];
}

/**
 * Plans small requests, and sends out their shards, with the commands of one. What is not as simple as that is left: a request that can't be
 * carried out, that leads to several tasks, or in whose way something stands. It is then found by itself.
 * @returns how many shards were sent for those that are done, by their places
 * @throws TransientError Unavailable; what was begun goes on when its message comes again
 */
export async function sampleTogether(
  requests: readonly TogetherRequest[],
  { ledger, shardQueue }: Pick<SampleServices, 'ledger' | 'shardQueue'>,
): Promise<ReadonlyMap<number, number>> {
  const plans = await Promise.all(requests.map(onlyPlan));
  const asked = requests.flatMap(({ unless }, place) => {
    const plan = plans[place];
    return plan === undefined ? [] : [{ place, plan, unless }];
  });
  const begun = await ledger.beginTogether(asked);
  const records = [...begun].flatMap(([index, record]) => {
    const place = asked[index]?.place;
    return place === undefined ? [] : [{ place, record }];
  });
  const shards = records.flatMap(({ record }) =>
    unfinishedShards(record).map((body) => ({ body, of: record.address })),
  );
  await shardQueue.send(
    shards.map(({ body }) => body),
    shards.map(({ of }) => of),
  );
  for (const { place, record } of records) {
    const log = requests[place]?.request.log.with({ plan: record._id.toHexString(), task: record.task });
    log?.info('request planned', { shards: record.shards });
  }
  return new Map(records.map(({ place, record }) => [place, record.shards]));
}

/** The plan of a request that leads to one; undefined where it can't be carried out as it is, which is told by itself. */
async function onlyPlan({ services, message, request }: TogetherRequest): Promise<NewPlan | undefined> {
  const [plan, another] = (await unlessOfItself(() => plansOf(services, message, request))) ?? [];
  return another === undefined ? plan : undefined;
}
