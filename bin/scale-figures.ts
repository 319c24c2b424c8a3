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
    run: 'the machine had other work (load 6 to 8), which lengthens the times',
    sample: { ms: 1.9, cpuMs: 0.84, logged: 583 },
    shard: { ms: 1, cpuMs: 0.74, logged: 583 },
    mongodb: { commands: 0.8, sent: 19_218, received: 2388, cpuMs: 0.96 },
    postgres: { commands: 0.1, sent: 29, received: 55, cpuMs: 0.07 },
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
  load: '0.5 before, 2.8 at the end',
  perSecond: 850,
  cpuMs: { sample: 0.65, shard: 0.56, stack: 0.26, mongodb: 0.6, postgres: 0.01, bench: 0.13 },
  /** MB before, and after each quarter. */
  memory: {
    sample: [125, 138, 136, 138, 139],
    shard: [110, 128, 129, 128, 127],
    'the stack': [200, 210, 270, 285, 295],
    MongoDB: [219, 379, 501, 554, 586],
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
  perSecond: 388,
  cpuMs: { sample: 1.28, shard: 1.78, stack: 0.41, mongodb: 0.76, postgres: 0.26, bench: 0.31 },
};

/** Milliseconds of processor time where nothing of ours is done, as the bench measures it: of whoever asks, and of who is asked. */
export const FLOORS = {
  /** The five documents of a request, an insertMany for each collection: one request at a time, and ten together. */
  inserts: { alone: { client: 1.25, mongodb: 1.8 }, together: { client: 0.28, mongodb: 0.28 } },
  /** A message sent with the SDK, by itself and ten together. */
  sent: { alone: { client: 0.8, stack: 0.37 }, together: { client: 0.1, stack: 0.05 } },
  /** A message taken and deleted, ten together. */
  taken: { stack: 0.07 },
} as const;

/**
 * What `npm run bench latency` saw of a request of 15 documents that comes alone, warm: medians in milliseconds, each beside what the same
 * message, statement or command took with the clients alone, in turn with it. The machine had other work: what counts is one beside the other.
 */
export const LATENCY = {
  load: 9.5,
  steps: [
    ['the message, until `sample` has it', 2.3, 2.9],
    ['`sample` itself', 3.5, 0],
    ['Postgres: which table', 1.2, 0.9],
    ['MongoDB: the plan', 4.1, 2.1],
    ["the shard's message, until `shard` has it", 2.0, 2.6],
    ['`shard` itself', 3.5, 0],
    ['MongoDB: the transaction', 8.0, 7.5],
    ['the task, until it is seen', -0.1, 0.6],
    ['all', 28.3, 20.3],
  ],
} as const;

/**
 * Milliseconds of processor time of both functions for a request of two documents that comes alone, and of the same commands and message by
 * the clients alone, as `npm run bench small` measured one after the other. The machine had other work, and not the same all the time.
 */
export const ALONE_CPU = [
  { requests: 1500, functions: 7.3, floor: 6.8 },
  { requests: 200, functions: 9.6, floor: 5.2 },
] as const;

/** What is assumed, and to be replaced by what CloudWatch shows. */
export const ASSUMED = {
  /** Milliseconds to a database or queue and back, which the machine of the bench does not have. */
  roundTripMs: 1,
  /** Bytes that Lambda itself logs of a call. */
  lambdaLogged: 400,
  memoryGb: 2,
} as const;
