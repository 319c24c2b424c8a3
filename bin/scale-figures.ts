/** What a request takes: of each function milliseconds from event to answer, and of processor time, and bytes that it logged. */
export interface Measured {
  /** What the run was like that these figures are of, for the page. */
  readonly run: string;
  readonly sample: { readonly ms: number; readonly cpuMs: number; readonly logged: number };
  readonly shard: Measured['sample'];
  /** Of both functions together: commands sent, bytes to and from the server, milliseconds of its processor time. */
  readonly mongodb: {
    readonly commands: number;
    readonly sent: number;
    readonly received: number;
    readonly cpuMs: number;
  };
  readonly postgres: Measured['mongodb'];
  /** Waits for a server, one after the other, in one event: sample's and shard's. */
  readonly roundTrips: { readonly sample: number; readonly shard: number };
  /** Requests of one event, which share its calls and its waits. */
  readonly perEvent: number;
}

/** How requests come: spread over the hour, so that each is an event of its own, or at a time, so that Lambda makes events of ten. */
export type Way = 'alone' | 'together';

/** What `npm run bench small` measured of one request of two documents (gsm8k, 5 worked examples), on a machine of two cores with all servers on it. */
export const MEASURED: Readonly<Record<Way, Measured>> = {
  alone: {
    run: 'nobody else used the cores; beside 20,000 other requests; the statement of Postgres as it is for a message that comes alone',
    sample: { ms: 3.3, cpuMs: 2.1, logged: 982 },
    shard: { ms: 4, cpuMs: 2.1, logged: 1025 },
    mongodb: { commands: 6, sent: 20_876, received: 3572, cpuMs: 2.8 },
    postgres: { commands: 1, sent: 288, received: 554, cpuMs: 0.7 },
    roundTrips: { sample: 3, shard: 5 },
    perEvent: 1,
  },
  together: {
    run: "nobody else used the cores; after 20,000 other requests, of which MongoDB's processor time is",
    sample: { ms: 1.24, cpuMs: 1.1, logged: 586 },
    shard: { ms: 1.26, cpuMs: 0.85, logged: 586 },
    mongodb: { commands: 0.8, sent: 19_225, received: 2393, cpuMs: 0.79 },
    postgres: { commands: 0.1, sent: 29, received: 55, cpuMs: 0.05 },
    roundTrips: { sample: 4, shard: 6 },
    perEvent: 10,
  },
};

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
  load: '0.6 before, 2.4 at the end',
  perSecond: 635,
  cpuMs: { sample: 0.88, shard: 0.76, stack: 0.36, mongodb: 0.79, postgres: 0.02, bench: 0.17 },
  /** MB before, and after each quarter. */
  memory: {
    sample: [123, 136, 134, 139, 139],
    shard: [112, 126, 127, 129, 130],
    'the stack': [166, 204, 218, 280, 289],
    MongoDB: [220, 404, 542, 571, 580],
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

/** The same before small requests were done together: milliseconds of processor time of a request, and how many were answered. */
export const ONE_BY_ONE_RUN = { cpuMs: 17.2, perSecond: 107 } as const;

/** A shorter run of requests of which no two are alike (`--differ`); processes that have just started take much of it. */
export const DIFFERENT_RUN: Run = {
  name: '3,000 requests that differ',
  perSecond: 338,
  cpuMs: { sample: 1.54, shard: 2.07, stack: 0.47, mongodb: 0.87, postgres: 0.3, bench: 0.38 },
};

/** Milliseconds of processor time where nothing of ours is done, as the bench measures it: of whoever asks, and of who is asked. */
export const FLOORS = {
  /** The five documents of a request, an insertMany for each collection: one request at a time, and ten together. */
  inserts: { alone: { client: 1.38, mongodb: 2.01 }, together: { client: 0.35, mongodb: 0.3 } },
  /** A message sent with the SDK, by itself and ten together. */
  sent: { alone: { client: 0.82, stack: 0.35 }, together: { client: 0.11, stack: 0.05 } },
  /** A message taken and deleted, ten together. */
  taken: { stack: 0.08 },
} as const;

/**
 * What `npm run bench latency` saw of a request of 15 documents that comes alone, warm: medians in milliseconds, each beside what the same
 * message, statement or command took with the clients alone, in turn with it. Nobody else used the cores.
 */
export const LATENCY = {
  load: 1.3,
  steps: [
    ['the message, until `sample` has it', 2.0, 2.6],
    ['`sample` itself', 3.3, 0],
    ['Postgres: which table', 0.8, 0.9],
    ['MongoDB: the plan', 2.8, 1.9],
    ["the shard's message, until `shard` has it", 1.8, 2.3],
    ['`shard` itself', 3.9, 0],
    ['MongoDB: the transaction', 4.8, 5.6],
    ['the task, until it is seen', 0.5, 0.7],
    ['all', 21.2, 14.4],
  ],
} as const;

/**
 * Milliseconds of processor time of both functions for a request of two documents that comes alone, and of the same commands and message by
 * the clients alone, as `npm run bench small` measured one after the other. Nobody else used the cores.
 */
export const ALONE_CPU = [{ requests: 1500, functions: 6.4, floor: 5.1 }] as const;

/** What is assumed, and to be replaced by what CloudWatch shows. */
export const ASSUMED = {
  /** Milliseconds to a database or queue and back, which the machine of the bench does not have. */
  roundTripMs: 1,
  /** Bytes that Lambda itself logs of a call. */
  lambdaLogged: 400,
  memoryGb: 2,
} as const;
