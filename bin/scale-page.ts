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

/** What `npm run bench small 20000` saw of the whole of it: the local stack and its databases on two cores that nobody else used. */
export const LONG_RUN = {
  requests: 20_000,
  cores: 2,
  /** Before it, and at its end. */
  load: '1.3 before, 5.2 at the end',
  perSecond: 107,
  /** Milliseconds of processor time of a request; `bench` sends it and counts. */
  cpuMs: { sample: 4.42, shard: 3.31, stack: 3.81, mongodb: 4.63, postgres: 0.65, bench: 0.33 },
  /** Of 2,000 requests, which processes that have just started take much of. */
  shortRun: {
    requests: 2000,
    perSecond: 100,
    cpuMs: { sample: 5.19, shard: 3.94, stack: 4.24, mongodb: 3.92, postgres: 0.61, bench: 0.51 },
  },
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
  /** The same documents by an insertMany each and nothing else, and a message by the SDK and nothing else: milliseconds of processor time. */
  floor: { inserts: { client: 2.12, mongodb: 2.83 }, message: { client: 1.71, stack: 0.81 } },
} as const;

/** What is assumed, and to be replaced by what CloudWatch shows. */
export const ASSUMED = {
  /** Milliseconds to a database or queue and back, which the machine of the bench does not have. */
  roundTripMs: 1,
  /** Bytes that Lambda itself logs of a call. */
  lambdaLogged: 400,
  memoryGb: 2,
} as const;

/** In US dollars, us-east-1, arm64, without the free tier. */
const PRICES = { gbSecond: 0.0000133334, call: 0.2 / 1e6, sqsCall: 0.4 / 1e6, loggedByte: 0.5 / 1e9 } as const;
/** serverless.yml's defaults, and the connections to each database that an instance holds. */
export const LIMITS = { sampleConcurrency: 4, shardConcurrency: 8, registerConcurrency: 2, connections: 3 } as const;

const QTY = 2;
const HOURS = 730;
/** A message is sent, received and deleted. */
const CALLS_OF_A_MESSAGE = 3;
const SCENARIOS: readonly Scenario[] = [
  { suppliers: 100, tasks: 10 },
  { suppliers: 1_000, tasks: 20 },
  { suppliers: 1_000, tasks: 100 },
  { suppliers: 10_000, tasks: 100 },
];

/** So many suppliers are asked two documents of so many tasks, each hour. */
export interface Scenario {
  readonly suppliers: number;
  readonly tasks: number;
}

/** Seconds of Lambda that one request takes: `sample`'s and `shard`'s. */
function seconds(): { sample: number; shard: number } {
  const of = (name: 'sample' | 'shard') => (MEASURED[name].ms + MEASURED.roundTrips[name] * ASSUMED.roundTripMs) / 1000;
  return { sample: of('sample'), shard: of('shard') };
}

/** What a scenario takes. */
export function loadOf({ suppliers, tasks }: Scenario) {
  const requests = suppliers * tasks;
  const rate = requests / 3600;
  const { sample, shard } = seconds();
  const gbSeconds = requests * (sample + shard) * ASSUMED.memoryGb;
  const logged = requests * (MEASURED.sample.logged + MEASURED.shard.logged + 2 * ASSUMED.lambdaLogged);
  const hour =
    gbSeconds * PRICES.gbSecond +
    2 * requests * (PRICES.call + CALLS_OF_A_MESSAGE * PRICES.sqsCall) +
    logged * PRICES.loggedByte;
  return {
    requests,
    rate,
    gbSeconds,
    sampling: rate * sample,
    sharding: rate * shard,
    mongoCommands: rate * MEASURED.mongodb.commands,
    mongoBytes: rate * (MEASURED.mongodb.sent + MEASURED.mongodb.received),
    mongoCores: (rate * MEASURED.mongodb.cpuMs) / 1000,
    month: hour * HOURS,
  };
}

/** Requests a second at which something is full, the first wall first, and what moves it. */
export function walls(): readonly { readonly what: string; readonly rate: number; readonly moves: string }[] {
  const { sample, shard } = seconds();
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
      rate: 1000 / MEASURED.mongodb.cpuMs,
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

/** The page `docs/scale.md`. */
export function scalePage(scenarios: readonly Scenario[] = SCENARIOS): string {
  const { sample, shard } = seconds();
  const number = (value: number, digits = 0) =>
    value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
  const rows = scenarios.map((scenario) => {
    const load = loadOf(scenario);
    return [
      `${number(scenario.suppliers)} x ${number(scenario.tasks)}`,
      number(load.requests),
      number(load.rate, 1),
      number(load.gbSeconds),
      `${number(load.sampling, 1)} + ${number(load.sharding, 1)}`,
      number(load.mongoCommands),
      number(load.mongoBytes / 1e6, 2),
      number(load.mongoCores, 2),
      number(load.month, 2),
    ];
  });
  const { mongodb, postgres } = MEASURED;
  return `${[
    '# How far it goes',
    'Written by `npm run docs` from `bin/scale-page.ts`; not edited by hand. `node bin/scale.ts SUPPLIERS TASKS` prints it for your own numbers.',
    `The Manager asks for ${QTY} documents at a time, of each task and each supplier, all day. So many suppliers times so many tasks, each asked ` +
      'once an hour:',
    table(
      [
        'suppliers x tasks',
        'requests an hour',
        'a second',
        'GB-seconds an hour',
        'in work at a time, sample + shard',
        'MongoDB: commands a second',
        'MB a second',
        'of its cores',
        'US dollars a month',
      ],
      rows,
    ),
    'Lambda, SQS and logs, without databases and without `evaluate`. Two messages a request, three calls of SQS each. A request is one shard.',
    '## What it is made of',
    `Measured by \`npm run bench small\` (${MEASURED.run}): \`sample\` ${MEASURED.sample.ms} ms (${MEASURED.sample.cpuMs} of CPU), \`shard\` ` +
      `${MEASURED.shard.ms} ms (${MEASURED.shard.cpuMs}); MongoDB ${mongodb.commands} commands, ${number(mongodb.sent)} bytes to it and ` +
      `${number(mongodb.received)} back, ${mongodb.cpuMs} ms of its CPU; Postgres ${postgres.commands} statement, ${number(postgres.sent)} bytes and ` +
      `${number(postgres.received)} back, ${postgres.cpuMs} ms; ${number(MEASURED.sample.logged + MEASURED.shard.logged)} bytes logged. Assumed: ` +
      `${ASSUMED.roundTripMs} ms to a server and back, ${MEASURED.roundTrips.sample} times in \`sample\` and ${MEASURED.roundTrips.shard} times in \`shard\`, which ` +
      `makes ${number(sample * 1000, 1)} and ${number(shard * 1000, 1)} ms; ${ASSUMED.memoryGb} GB; ${ASSUMED.lambdaLogged} bytes that Lambda logs of a call. \`Duration\` in ` +
      'CloudWatch tells yours.',
    '## Where the first wall stands',
    table(
      ['what is full', 'at so many requests a second', 'what moves it'],
      walls().map(({ what, rate, moves }) => [what, number(rate), moves]),
    ),
    'Not walls: the unique index of requests in progress, which drops a second request of a kind only while the first one lasts, which ' +
      'is some milliseconds of each hour; SQS, whose standard queues take any rate and 120,000 messages in work. A burst waits in the ' +
      'queue: nothing is refused, it takes longer.',
    ...checked(),
  ].join('\n\n')}\n`;
}

/** The model beside a run. */
function checked(): readonly string[] {
  const { requests, cores, load, perSecond, cpuMs, shortRun, memory, written, floor } = LONG_RUN;
  const number = (value: number, digits = 0) =>
    value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
  const bare = floor.inserts.client + floor.inserts.mongodb + 2 * (floor.message.client + floor.message.stack);
  const sum = (parts: Readonly<Record<string, number>>) => Object.values(parts).reduce((all, part) => all + part, 0);
  const row = (what: string, parts: Readonly<Record<string, number>>, seen: number) => [
    what,
    ...Object.values(parts).map((ms) => number(ms, 1)),
    number(sum(parts), 1),
    number((1000 * cores) / sum(parts)),
    number(seen),
    number((seen * sum(parts)) / 1000, 1),
  ];
  return [
    '## Checked',
    `Against \`npm run bench small ${requests}\`: so many requests for as many suppliers, through the local stack, all servers on the same ` +
      `${cores} cores, which had nothing else to do (load ${load}). What the parts of a request take of a core says how many a second ${cores} cores ` +
      'answer; what was seen is less by what they waited, as the last column shows.',
    table(
      [
        'run',
        ...Object.keys(cpuMs).map((part) => `${part} ms`),
        'together',
        'predicted a second',
        'seen a second',
        'cores had',
      ],
      [
        row(`${number(shortRun.requests)} requests`, shortRun.cpuMs, shortRun.perSecond),
        row(`${number(requests)} requests`, cpuMs, perSecond),
      ],
    ),
    `Afterwards MongoDB held ${number(written.tasks)} tasks of ${number(written.suppliers)} suppliers, ${number(written.instances)} instances of as many ` +
      `documents asked, and ${number(written.prompts)} prompts of as many instances: ${written.doubled} doubled, ${written.unaccounted} unaccounted, ` +
      `${written.deadLetters} dead letters. The unique index of requests in progress dropped none.`,
    table(
      ['memory in MB', 'before', 'after a quarter', 'a half', 'three quarters', 'all'],
      Object.entries(memory).map(([who, mb]) => [who, ...mb.map((value) => number(value))]),
    ),
    'The functions take next to no more at the end than after the first quarter. MongoDB grows into the cache that the local stack gives it (half a GB).',
    `**What is full first, as measured: processors.** What is left of a request when everything of ours is taken away is the five documents by an insertMany each ` +
      `(${number(floor.inserts.client, 1)} ms of the client and ${number(floor.inserts.mongodb, 1)} of MongoDB) and two messages sent, taken and deleted by the SDK alone ` +
      `(${number(floor.message.client, 1)} and ${number(floor.message.stack, 1)} of the stack, each): ${number(bare, 1)} ms, with which ${cores} cores are full at ` +
      `${number((1000 * cores) / bare)} a second. The plan, its transaction and the rendering are the rest. MongoDB's part grows with what it holds, from ` +
      `${number(shortRun.cpuMs.mongodb, 1)} to ${number(cpuMs.mongodb, 1)} ms a request here. The stack's part is on AWS that of SQS and Lambda; polls of idle queues are some 10 ms of each second for each.`,
  ];
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
