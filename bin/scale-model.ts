import { ASSUMED, MEASURED, type Way } from './scale-figures.ts';

/** What the model makes of the figures (bin/scale-figures.ts): what requests take and cost, and where the first wall stands. */

/** In US dollars, us-east-1, arm64, without the free tier. */
const PRICES = { gbSecond: 0.0000133334, call: 0.2 / 1e6, sqsCall: 0.4 / 1e6, loggedByte: 0.5 / 1e9 } as const;
/** serverless.yml's defaults, and the connections to each database that an instance holds. */
export const LIMITS = { sampleConcurrency: 4, shardConcurrency: 8, registerConcurrency: 2, connections: 3 } as const;

/** Hours of a month. */
const HOURS = 730;
/** A message is sent, received and deleted. */
const CALLS_OF_A_MESSAGE = 3;

/** So many suppliers are asked two documents of so many tasks, each hour. */
export interface Scenario {
  readonly suppliers: number;
  readonly tasks: number;
}

/** Seconds of Lambda that one request takes: `sample`'s and `shard`'s. */
export function seconds(way: Way): { sample: number; shard: number } {
  const { roundTrips, perEvent, ...measured } = MEASURED[way];
  const of = (name: 'sample' | 'shard') =>
    (measured[name].ms + (roundTrips[name] * ASSUMED.roundTripMs) / perEvent) / 1000;
  return { sample: of('sample'), shard: of('shard') };
}

/** What a scenario takes, where its requests come so. */
export function loadOf({ suppliers, tasks }: Scenario, way: Way) {
  const { mongodb, perEvent, ...of } = MEASURED[way];
  const requests = suppliers * tasks;
  const rate = requests / 3600;
  const { sample, shard } = seconds(way);
  const gbSeconds = requests * (sample + shard) * ASSUMED.memoryGb;
  const logged = requests * (of.sample.logged + of.shard.logged + (2 * ASSUMED.lambdaLogged) / perEvent);
  const hour =
    gbSeconds * PRICES.gbSecond +
    (2 * requests * (PRICES.call + CALLS_OF_A_MESSAGE * PRICES.sqsCall)) / perEvent +
    logged * PRICES.loggedByte;
  return {
    requests,
    rate,
    gbSeconds,
    sampling: rate * sample,
    sharding: rate * shard,
    mongoCommands: rate * mongodb.commands,
    mongoBytes: rate * (mongodb.sent + mongodb.received),
    mongoCores: (rate * mongodb.cpuMs) / 1000,
    month: hour * HOURS,
  };
}

/** Requests a second at which something is full where they come so, the first wall first, and what moves it. */
export function walls(way: Way): readonly { readonly what: string; readonly rate: number; readonly moves: string }[] {
  const { sample, shard } = seconds(way);
  const all = [
    {
      what: `\`sampleConcurrency\` ${LIMITS.sampleConcurrency}`,
      rate: LIMITS.sampleConcurrency / sample,
      moves: 'raise it: each one more is 3 connections to either database',
    },
    {
      what: `\`shardConcurrency\` ${LIMITS.shardConcurrency}`,
      rate: LIMITS.shardConcurrency / shard,
      moves: 'raise it, likewise',
    },
    {
      what: "MongoDB's writes, for each of its cores",
      rate: 1000 / MEASURED[way].mongodb.cpuMs,
      moves: 'more cores; after that, sharding by `task_id`',
    },
    {
      what: 'the 100 connections that a Postgres takes as it comes',
      rate: 100 / LIMITS.connections / (sample + shard),
      moves: 'a pooler, which the statements are made for; or `max_connections`',
    },
  ];
  return all.sort((a, b) => a.rate - b.rate);
}
