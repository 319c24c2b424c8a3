/** What `npm run bench small` measured of one request of two documents (gsm8k, 5 worked examples), on a machine of two cores with all servers on it. */
export const MEASURED = {
  /** What the run was like, for the page. */
  run: 'event after event, on two cores that nobody else used, beside 2,000 other requests',
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
  load: '1.3 before, 5.2 at the end',
  perSecond: 107,
  cpuMs: { sample: 4.42, shard: 3.31, stack: 3.81, mongodb: 4.63, postgres: 0.65, bench: 0.33 },
  /** MB before, and after each quarter. */
  memory: {
    sample: [118, 141, 141, 142, 143],
    shard: [111, 138, 138, 138, 138],
    'the stack': [204, 356, 405, 412, 411],
    MongoDB: [185, 344, 464, 561, 584],
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
  name: '2,000 requests',
  perSecond: 100,
  cpuMs: { sample: 5.19, shard: 3.94, stack: 4.24, mongodb: 3.92, postgres: 0.61, bench: 0.51 },
};
export const DIFFERENT_RUN: Run = {
  name: '2,000 requests that differ',
  perSecond: 100,
  cpuMs: { sample: 5.19, shard: 3.94, stack: 4.24, mongodb: 3.92, postgres: 0.61, bench: 0.51 },
};

/** Milliseconds of processor time where nothing of ours is done, as the bench measures it: of whoever asks, and of who is asked. */
export const FLOORS = {
  /** The five documents of a request, an insertMany for each collection: one request at a time, and ten together. */
  inserts: { alone: { client: 2.12, mongodb: 2.83 }, together: { client: 0.5, mongodb: 1 } },
  /** A message sent with the SDK, by itself and ten together. */
  sent: { alone: { client: 1.15, stack: 0.56 }, together: { client: 0.2, stack: 0.1 } },
  /** A message taken and deleted, ten together. */
  taken: { stack: 0.25 },
} as const;

/** What is assumed, and to be replaced by what CloudWatch shows. */
export const ASSUMED = {
  /** Milliseconds to a database or queue and back, which the machine of the bench does not have. */
  roundTripMs: 1,
  /** Bytes that Lambda itself logs of a call. */
  lambdaLogged: 400,
  memoryGb: 2,
} as const;
