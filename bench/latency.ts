/**
 * How long after its message a request for 15 documents is visible to the Requester, on a stack whose functions are warm; where the time
 * goes, and how much of it the same messages, statements and commands take by themselves.
 *
 *   node bench/latency.ts [requests]
 */
import { loadavg } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import type { Document } from 'mongodb';
import { createSqs } from '../lib/clients/aws.ts';
import { DEMO_INCLUDE, DEMO_TASK, stageDemo } from '../localstack/demo-data.ts';
import { openFloor, STEP, type Steps } from './latency-floor.ts';
import { remove } from './planned.ts';
import { median, openServices } from './services.ts';
import { endRecord, type Handled, handledSince, record } from './timeline.ts';

const REQUESTS = Number(process.argv[2] ?? 30);
/** Requests after which functions have begun, and so many after which what they run is compiled. */
const BEGUN = 5;
const WARM_UP = 200;
/** So often is a task looked for. */
const LOOK_MS = 2;
const PATIENCE_MS = 60_000;
/** Work of ours, in turn with what stands in `STEP`. */
const OWN = { sample: '`sample` itself', shard: '`shard` itself' };
const TURN = [
  ...[STEP.toSample, OWN.sample, STEP.postgres, STEP.plan],
  ...[STEP.toShard, OWN.shard, STEP.rows, STEP.write, STEP.seen],
];

const services = await openServices();
const sqs = createSqs();
await stageDemo(services.s3, services.bucket);
await send('REGISTER_QUEUE_URL', { framework: 'lmeh', tasks: DEMO_TASK, include_path: DEMO_INCLUDE });
await requests(BEGUN, 'begun');
const first = await requests(REQUESTS, 'first');
await requests(Math.max(0, WARM_UP - REQUESTS - BEGUN), 'warm');
// What it wrote is what the floor writes.
await request(`bench-${process.pid}-kept`, true);
const floor = await openFloor(services, DEMO_TASK, untilThere);
for (let n = 0; n < WARM_UP; n++) await floor.request();
const load = loadavg()[0];
const [ours, bare]: [Steps[], Steps[]] = [[], []];
// In turn, so that what else the machine does befalls both.
for (let n = 0; n < REQUESTS; n++) {
  record();
  const { took, sent, seen } = await request(`bench-${process.pid}-${n}`);
  ours.push(stepsOf(await bothTold(), sent, seen).set('all', took));
  endRecord();
  const steps = await floor.request();
  bare.push(new Map([...steps, ['all', [...steps.values()].reduce((sum, ms) => sum + ms, 0)]]));
}
await floor.close();
const times = ours.map((steps) => steps.get('all') ?? Number.NaN);
console.log(
  `15 documents, from message to visible task, warm: median ${median(times).toFixed(0)} ms, fastest ${Math.min(...times).toFixed(0)}, ` +
    `slowest ${Math.max(...times).toFixed(0)} (${REQUESTS} requests, one at a time, after ${WARM_UP} others; load ${load?.toFixed(1)}); ` +
    `of functions that had begun ${BEGUN} requests before: median ${median(first).toFixed(0)}`,
);
console.log(`  ${'of it, median ms'.padEnd(44)}  here  nothing but the clients`);
for (const name of [...TURN, 'all']) {
  const of = (some: readonly Steps[]) => median(some.map((steps) => steps.get(name) ?? 0)).toFixed(1);
  console.log(`  ${name.padEnd(44)} ${of(ours).padStart(5)} ${of(bare).padStart(24)}`);
}
sqs.destroy();
await services.dispose();

async function requests(count: number, kind: string): Promise<number[]> {
  const times: number[] = [];
  for (let n = 0; n < count; n++) times.push((await request(`bench-${process.pid}-${kind}-${n}`)).took);
  return times;
}

/** How long it took, and when it began and ended in milliseconds since 1970. */
async function request(address: string, kept = false): Promise<{ took: number; sent: number; seen: number }> {
  const started = performance.now();
  const requester_args = { address, service: 'bench' };
  const message = { framework: 'lmeh', tasks: DEMO_TASK, include_path: DEMO_INCLUDE, requester_args, qty: 15 };
  await send('SAMPLE_QUEUE_URL', message);
  const task = await untilThere(() => services.db.collection('tasks').findOne({ 'requester_args.address': address }));
  const took = performance.now() - started;
  const sent = performance.timeOrigin + started;
  // The functions end what they do after the last write.
  await sleep(LOOK_MS * 10);
  if (!kept) await remove(services, task['_id']);
  return { took, sent, seen: sent + took };
}

/** What both functions did with a request that was answered: their processes tell it after their answers. */
async function bothTold(): Promise<readonly Handled[]> {
  for (const started = performance.now(); performance.now() - started < PATIENCE_MS; await sleep(LOOK_MS)) {
    const handled = handledSince();
    if (handled.length === 2) return handled;
  }
  throw new Error('functions did not tell what they did');
}

async function untilThere(find: () => Promise<Document | null>): Promise<Document> {
  for (const started = performance.now(); performance.now() - started < PATIENCE_MS; ) {
    const task = await find();
    if (task) return task;
    await sleep(LOOK_MS);
  }
  throw new Error('a request was not answered within a minute');
}

/** Where the time of one request went: what each function asked of servers, what it did between, and how messages came to it. */
function stepsOf(handled: readonly Handled[], sent: number, seen: number): Map<string, number> {
  const of = (name: string) => handled.find((one) => one.name.endsWith(`-${name}`));
  const [sample, shard] = [of('sample'), of('shard')];
  const [mongo, postgres] = [portOf('MONGODB_URI'), portOf('POSTGRES_URI')];
  const asked = (one: Handled | undefined, port: number) =>
    one?.asked.filter((question) => question.port === port) ?? [];
  const waited = (one: Handled | undefined, port: number) =>
    asked(one, port).reduce((sum, { from, to }) => sum + to - from, 0);
  const onItsWay = asked(sample, portOf('AWS_ENDPOINT_URL')).at(-1)?.from ?? Number.NaN;
  const written = asked(shard, mongo).at(-1)?.to ?? Number.NaN;
  const own = (one: Handled | undefined, until: number) =>
    until - (one?.from ?? Number.NaN) - waited(one, mongo) - waited(one, postgres);
  return new Map([
    [STEP.toSample, (sample?.from ?? Number.NaN) - sent],
    [OWN.sample, own(sample, onItsWay)],
    [STEP.postgres, waited(sample, postgres)],
    [STEP.plan, waited(sample, mongo)],
    [STEP.toShard, (shard?.from ?? Number.NaN) - onItsWay],
    [OWN.shard, own(shard, written)],
    [STEP.rows, waited(shard, postgres)],
    [STEP.write, waited(shard, mongo)],
    [STEP.seen, seen - written],
  ]);
}

function portOf(variable: string): number {
  return Number(new URL(process.env[variable] ?? '').port);
}

async function send(variable: string, body: object): Promise<void> {
  await sqs.send(new SendMessageCommand({ QueueUrl: process.env[variable], MessageBody: JSON.stringify(body) }));
}
