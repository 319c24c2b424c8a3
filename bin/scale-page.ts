import { ASSUMED, DIFFERENT_RUN, FLOORS, LONG_RUN, MEASURED, type Run } from './scale-figures.ts';

/** In US dollars, us-east-1, arm64, without the free tier. */
const PRICES = { gbSecond: 0.0000133334, call: 0.2 / 1e6, sqsCall: 0.4 / 1e6, loggedByte: 0.5 / 1e9 } as const;
/** serverless.yml's defaults, and the connections to each database that an instance holds. */
export const LIMITS = { sampleConcurrency: 4, shardConcurrency: 8, registerConcurrency: 2, connections: 3 } as const;

const QTY = 2;
/** Requests a second that are wished for on the cores of the bench. */
const AIM = 250;
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

/** The model beside runs. */
function checked(): readonly string[] {
  const { requests, cores, load, memory, written } = LONG_RUN;
  return [
    '## Checked',
    `Against \`npm run bench small ${requests}\`: so many requests for as many suppliers, through the local stack, all servers on the same ` +
      `${cores} cores, which nobody else used (load ${load}). What the parts of a request take of a core says how many a second ${cores} cores ` +
      'answer; what was seen is less by what they waited, as the last column shows. The Manager asks a hundred suppliers the same, and ' +
      'what was made for one of them serves the others; with `npm run bench -- small --differ` no two requests are alike.',
    table(
      [
        'run',
        ...Object.keys(LONG_RUN.cpuMs).map((part) => `${part} ms`),
        'together',
        'predicted a second',
        'seen a second',
        'cores had',
      ],
      [DIFFERENT_RUN, LONG_RUN].map(rowOf),
    ),
    `Afterwards MongoDB held ${number(written.tasks)} tasks of ${number(written.suppliers)} suppliers, ${number(written.instances)} instances of as many ` +
      `documents asked, and ${number(written.prompts)} prompts of as many instances: ${written.doubled} doubled, ${written.unaccounted} unaccounted, ` +
      `${written.deadLetters} dead letters. The unique index of requests in progress dropped none.`,
    table(
      ['memory in MB', 'before', 'after a quarter', 'a half', 'three quarters', 'all'],
      Object.entries(memory).map(([who, mb]) => [who, ...mb.map((value) => number(value))]),
    ),
    'The functions take next to no more at the end than after the first quarter. MongoDB grows into the cache that the local stack gives it (half a GB).',
    ...limits(),
  ];
}

function rowOf({ name, perSecond, cpuMs }: Run): string[] {
  const sum = together(cpuMs);
  return [
    name,
    ...Object.values(cpuMs).map((ms) => number(ms, 1)),
    number(sum, 1),
    number((1000 * LONG_RUN.cores) / sum),
    number(perSecond),
    number((perSecond * sum) / 1000, 1),
  ];
}

/** What the figures can't go below, and what would be needed for more. */
function limits(): readonly string[] {
  const { cores, cpuMs, perSecond } = LONG_RUN;
  const { inserts, sent, taken } = FLOORS;
  const floor = (way: 'alone' | 'together') => [together(inserts[way]), together(sent[way]), 2 * taken.stack];
  const row = (what: string, parts: readonly number[]) => [
    what,
    ...parts.map((ms) => number(ms, 1)),
    number(sumOf(parts), 1),
    number((1000 * cores) / sumOf(parts)),
  ];
  return [
    '## What is full first',
    `Processors. A request took ${number(together(cpuMs), 1)} ms of them. What is left of it when everything of ours is taken away ` +
      `(\`npm run bench small\` prints these floors beside the figures):`,
    table(
      [
        'nothing but',
        'the five documents, ms',
        'one message sent, ms',
        'two taken and deleted, ms',
        'together',
        `a second on ${cores} cores`,
      ],
      [row('each request by itself', floor('alone')), row('ten requests together', floor('together'))],
    ),
    `\`sample\` and \`shard\` plan and write small requests together where many wait ([several messages at a time](architecture.md#several-messages-at-a-time)), so that a ` +
      `flood costs less than its documents written one by one would. A request that comes alone costs what stands under [what it is made of](#what-it-is-made-of). ` +
      `MongoDB's part grows with what it holds. The stack's part is on AWS that of SQS and Lambda.`,
    `**${AIM} a second on ${cores} cores** leave ${number((1000 * cores) / AIM, 1)} ms for all of a request, servers and senders too. One by one nothing but its floor takes ` +
      `${number(sumOf(floor('alone')), 1)} of them, before the plan, a transaction with all that a kill at any point must leave right, the rendering and the log: ` +
      `such a request took 17.2 ms, and 107 a second were answered. Done together it takes ${number(together(cpuMs), 1)}, and ${number(perSecond)} a second were. The price of a batch, that a process which one message ends ` +
      'takes the others with it, is paid by none of them: what could end it is begun only when its message is the only one there.',
  ];
}

function number(value: number, digits = 0): string {
  return value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

function together(parts: Readonly<Record<string, number>>): number {
  return sumOf(Object.values(parts));
}

function sumOf(parts: readonly number[]): number {
  return parts.reduce((all, part) => all + part, 0);
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
