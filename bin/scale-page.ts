import {
  ALONE_CPU,
  ASSUMED,
  DIFFERENT_RUN,
  FLOORS,
  LATENCY,
  LONG_RUN,
  MEASURED,
  type Measured,
  ONE_BY_ONE_RUN,
  type Run,
  type Way,
} from './scale-figures.ts';
import { loadOf, type Scenario, seconds, walls } from './scale-model.ts';

/** Documents that the Manager asks for at a time. */
const QTY = 2;
/** Requests a second that are wished for on the cores of the bench. */
const AIM = 250;
const SCENARIOS: readonly Scenario[] = [
  { suppliers: 100, tasks: 10 },
  { suppliers: 1_000, tasks: 20 },
  { suppliers: 1_000, tasks: 100 },
  { suppliers: 10_000, tasks: 100 },
];
const WAYS: readonly Way[] = ['alone', 'together'];

/** The page `docs/scale.md`. */
export function scalePage(scenarios: readonly Scenario[] = SCENARIOS): string {
  const rows = scenarios.map((scenario) => {
    const loads = WAYS.map((way) => loadOf(scenario, way));
    const [one] = loads;
    const both = (show: (load: ReturnType<typeof loadOf>) => string) => loads.map(show).join(' / ');
    return [
      `${number(scenario.suppliers)} x ${number(scenario.tasks)}`,
      number(one?.requests ?? 0),
      number(one?.rate ?? 0, 1),
      both(({ gbSeconds }) => number(gbSeconds)),
      both(({ sampling, sharding }) => `${number(sampling, 1)} + ${number(sharding, 1)}`),
      both(({ mongoCommands }) => number(mongoCommands)),
      both(({ mongoBytes }) => number(mongoBytes / 1e6, 2)),
      both(({ mongoCores }) => number(mongoCores, 2)),
      both(({ month }) => number(month, 2)),
    ];
  });
  return `${[
    '# How far it goes',
    'Written by `npm run docs` from `bin/scale-page.ts` and the figures of `bin/scale-figures.ts`; not edited by hand. `node bin/scale.ts SUPPLIERS TASKS` prints it for your own numbers.',
    `The Manager asks for ${QTY} documents at a time, of each task and each supplier, all day. So many suppliers times so many tasks, each asked ` +
      'once an hour. Of two figures the first is for requests that are spread over the hour, each an event of its own; the second for the ' +
      'same requests sent at a time, which come ten an event and are done together. What is sent in part at a time lies between.',
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
    'Lambda, SQS and logs, without databases and without `evaluate`. Two messages a request, three calls of SQS each, or one for ten of them. A request is one shard.',
    '## What it is made of',
    `Measured by \`npm run bench small\`, of one request. Alone: ${MEASURED.alone.run}. Together: ${MEASURED.together.run}.`,
    table(
      ['', 'alone', 'one of ten together'],
      partsOf(MEASURED.alone).map(([what, value], place) => [
        what,
        value,
        partsOf(MEASURED.together)[place]?.[1] ?? '',
      ]),
    ),
    `Assumed: ${ASSUMED.roundTripMs} ms to a server and back, ${MEASURED.alone.roundTrips.sample} times in \`sample\` and ${MEASURED.alone.roundTrips.shard} in \`shard\` where a request comes ` +
      `alone, ${MEASURED.together.roundTrips.sample} and ${MEASURED.together.roundTrips.shard} times for ten together, which makes ${WAYS.map((way) => `${number(seconds(way).sample * 1000, 1)} and ${number(seconds(way).shard * 1000, 1)}`).join(' ms, or ')} ms; ` +
      `${ASSUMED.memoryGb} GB; ${ASSUMED.lambdaLogged} bytes that Lambda logs of a call. \`Duration\` in CloudWatch tells yours.`,
    '## Where the first wall stands',
    table(
      ['what is full', 'at so many requests a second, each alone', 'ten together', 'what moves it'],
      walls('alone').map(({ what, rate, moves }) => [
        what,
        number(rate),
        number(walls('together').find((other) => other.what === what)?.rate ?? 0),
        moves,
      ]),
    ),
    'Not walls: the unique index of requests in progress, which drops a second request of a kind only while the first one lasts, which ' +
      'is some milliseconds of each hour; SQS, whose standard queues take any rate and 120,000 messages in work. A burst waits in the ' +
      'queue: nothing is refused, it takes longer.',
    ...checked(),
  ].join('\n\n')}\n`;
}

/** What a request is made of, and how much of it there is. */
function partsOf({ sample, shard, mongodb, postgres }: Measured): readonly (readonly [string, string])[] {
  return [
    ['`sample`, ms (of CPU)', `${number(sample.ms, 1)} (${number(sample.cpuMs, 1)})`],
    ['`shard`, ms (of CPU)', `${number(shard.ms, 1)} (${number(shard.cpuMs, 1)})`],
    ['MongoDB: commands', number(mongodb.commands, 1)],
    ['bytes to it and back', `${number(mongodb.sent)} and ${number(mongodb.received)}`],
    ['ms of its CPU', number(mongodb.cpuMs, 1)],
    ['Postgres: statements', number(postgres.commands, 1)],
    ['bytes to it and back', `${number(postgres.sent)} and ${number(postgres.received)}`],
    ['ms of its CPU', number(postgres.cpuMs, 1)],
    ['bytes logged', number(sample.logged + shard.logged)],
  ];
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
    ...latency(),
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
      `such a request took ${number(ONE_BY_ONE_RUN.cpuMs, 1)} ms, and ${number(ONE_BY_ONE_RUN.perSecond)} a second were answered. Done together it takes ${number(together(cpuMs), 1)}, and ${number(perSecond)} a second were. The price of a batch, that a process which one message ends ` +
      'takes the others with it, is paid by none of them: what could end it is begun only when its message is the only one there.',
  ];
}

/** Where the time of a request goes that comes alone. */
function latency(): readonly string[] {
  const { load, steps } = LATENCY;
  return [
    '## How long a request takes that comes alone',
    `15 documents, from the message to the task that the Requester sees, by \`npm run bench latency\` with functions that are warm, on two cores that nobody ` +
      `else used (load ${load}). The second column is the same messages, statements and commands with the clients and nothing else.`,
    table(
      ['of it, median ms', 'here', 'nothing but the clients'],
      steps.map(([what, here, floor]) => [what, number(here, 1), number(floor, 1)]),
    ),
    'Most of the processor time is that of the clients too. `npm run bench small` prints it for a request of two documents, both functions together, and then ' +
      'for the same commands and message with nothing but the clients, one after the other: ' +
      `${ALONE_CPU.map(({ requests, functions, floor }) => `${functions} and ${floor} ms (${number(requests)} requests)`).join(', ')}. Some of either is V8 compiling: a process has less of it after some ` +
      'thousand requests. Three milliseconds for both functions were wished for; in this run the clients alone took more.',
    "The shard's message is written and signed while MongoDB records the plan, so that its step holds work of `sample`. A task can be seen before the answer " +
      'to the commit is read.',
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
