/** What `npm run bench small` measured of one request of two documents (gsm8k, 5 worked examples), on a machine of two cores with all servers on it. */
export const MEASURED = {
  /** What the run was like, for the page. */
  run: '600 requests on two cores that others used as well, load 3',
  /** Of each function: milliseconds from event to answer, and of processor time; bytes that it logged. */
  sample: { ms: 13.2, cpuMs: 6.1, logged: 973 },
  shard: { ms: 12, cpuMs: 6.2, logged: 1495 },
  /** Of both functions together: commands sent, bytes to and from the server, milliseconds of its processor time. */
  mongodb: { commands: 8, sent: 21_120, received: 3924, cpuMs: 5.8 },
  postgres: { commands: 1, sent: 256, received: 507, cpuMs: 0.7 },
  /** Waits for a server, one after the other: sample's and shard's. */
  roundTrips: { sample: 4, shard: 6 },
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
    ...CHECKED,
  ].join('\n\n')}\n`;
}

/** The model beside a run. */
const CHECKED: readonly string[] = [
  '## Checked',
  'Against runs of 600 requests through the local stack only, as many as a machine with other work on it gave: it answered 44 a second ' +
    'at load 3, where the two cores were full (functions 17 ms of CPU a request, the stack itself, which polls and keeps the queues, 9, MongoDB 6, ' +
    'Postgres 2). Memory before and after such a run: `sample` 130 and 141 MB, `shard` 114 and 133. `npm run bench small 20000` makes the long run, and prints memory before and ' +
    'after it; that one is still to be made on a quiet machine. The durations were measured before the functions got cheaper, and are upper bounds.',
];

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
