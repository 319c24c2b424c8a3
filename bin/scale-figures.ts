/** What `npm run bench small` measured of one request of two documents (gsm8k, 5 worked examples), on a machine of two cores with all servers on it. */
export const MEASURED = {
  /** What the run was like, for the page. */
  run: 'event after event, on two cores that nobody else used, beside 2,000 other requests, and before small ones were done together, so that it is at most that',
  /** Of each function: milliseconds from event to answer, and of processor time; bytes that it logged. */
  sample: { ms: 7.1, cpuMs: 4, logged: 971 },
  shard: { ms: 6, cpuMs: 2.9, logged: 1014 },
  /** Of both functions together: commands sent, bytes to and from the server, milliseconds of its processor time. */
  mongodb: { commands: 6, sent: 20_859, received: 3564, cpuMs: 4.6 },
  postgres: { commands: 1, sent: 288, received: 554, cpuMs: 0.7 },
  /** Waits for a server, one after the other: sample's and shard's. */
  roundTrips: { sample: 3, shard: 5 },
} as const;

/** A run of the bench through the local stack and its databases. */
export interface Run {
  readonly name: string;
  readonly perSecond: number;
  /** Milliseconds of processor time of a request by who used it; `bench` sends it and counts. */
  readonly cpuMs: Readonly<Record<'sample' | 'shard' | 'stack' | 'mongodb' | 'postgres' | 'bench', number>>;
}

/** What `npm run bench small 20000` saw of the whole of it. */
export const LONG_RUN = {
  name: '20,000 requests',
  requests: 20_000,
  cores: 2,
  /** Before it, and at its end. */
  load: '18 before, 24 at the end',
  perSecond: 150,
  cpuMs: { sample: 0.8, shard: 0.7, stack: 0.37, mongodb: 0.98, postgres: 0.02, bench: 0.23 },
  /** MB before, and after each quarter. */
  memory: {
    sample: [120, 133, 134, 138, 138],
    shard: [106, 125, 122, 122, 124],
    'the stack': [138, 169, 175, 198, 207],
    MongoDB: [237, 364, 563, 567, 587],
  },
  /** Counted in MongoDB afterwards. */
  written: {
    suppliers: 20_000,
    tasks: 20_000,
    instances: 40_000,
    prompts: 40_000,
    doubled: 0,
    unaccounted: 0,
    deadLetters: 0,
  },
} as const;

/** Shorter runs, of which processes that have just started take much: alike as the long one's, and of which no two are (`--differ`). */
export const SHORT_RUN: Run = {
  name: '3,000 requests, at a load of 7 to 9',
  perSecond: 330,
  cpuMs: { sample: 0.98, shard: 0.98, stack: 0.33, mongodb: 0.65, postgres: 0.03, bench: 0.35 },
};
export const DIFFERENT_RUN: Run = {
  name: '2,000 requests that differ, at a load of 22 to 32',
  perSecond: 54,
  cpuMs: { sample: 1.41, shard: 2.33, stack: 0.53, mongodb: 0.89, postgres: 0.29, bench: 1.11 },
};

/** Milliseconds of processor time where nothing of ours is done, as the bench measures it: of whoever asks, and of who is asked. */
export const FLOORS = {
  /** The five documents of a request, an insertMany for each collection: one request at a time, and ten together. */
  inserts: { alone: { client: 1.79, mongodb: 2.3 }, together: { client: 0.34, mongodb: 0.5 } },
  /** A message sent with the SDK, by itself and ten together. */
  sent: { alone: { client: 0.94, stack: 0.41 }, together: { client: 0.15, stack: 0.07 } },
  /** A message taken and deleted, ten together. */
  taken: { stack: 0.11 },
} as const;

/** What is assumed, and to be replaced by what CloudWatch shows. */
export const ASSUMED = {
  /** Milliseconds to a database or queue and back, which the machine of the bench does not have. */
  roundTripMs: 1,
  /** Bytes that Lambda itself logs of a call. */
  lambdaLogged: 400,
  memoryGb: 2,
} as const;
