import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import { bundleFunctions } from '../../localstack/bundle.ts';
import { driveFunctions } from '../../localstack/drive.ts';
import { LOCAL_STAGE } from '../../localstack/names.ts';
import { readServiceFile } from '../../localstack/service-file.ts';
import { required } from '../helpers/stack.ts';
import { shuffled } from './chance.ts';
import { DOCUMENTS } from './own-tasks.ts';
import { countMessages, identified, type Outgoing, purge, sendAll } from './queues.ts';
import type { Scene } from './scene.ts';
import { VISIBILITY } from './scene.ts';

const ROOT = join(import.meta.dirname, '..', '..');
/** Longer than any message of a flood takes, also on a busy machine. */
const VISIBILITY_SECONDS = 120;
/** Batches of each queue in work: most of a message's time is waiting for databases and queues. */
const AT_A_TIME = 4;
const PAGE_BYTES = 4096;
const LOOK_MS = 500;

/** What a flood came to. */
export interface FloodOutcome {
  readonly good: number;
  readonly bad: number;
  /** Good messages that no whole task was written for, bad ones without a record of their refusal. */
  readonly unaccounted: readonly string[];
  /** Tasks and dead letters that there are. */
  readonly tasks: number;
  readonly deadLetters: number;
  readonly seconds: number;
  /** The most memory that an instance had in each quarter of the time, in MB. */
  readonly megabytes: readonly number[];
  /** What was not foreseen: lines of the functions, and instances that ended. */
  readonly unexpected: readonly string[];
}

type Queue = 'register' | 'sample' | 'shard';

/** A message of the flood. */
interface Drop {
  readonly id: string;
  readonly queue: Queue;
  readonly body: string;
  readonly good: boolean;
}

/** Ways to be refused, each with the queue that it comes on. `n` makes each message another one. */
const BAD: readonly ((good: Record<string, unknown>, n: number) => readonly [Queue, unknown])[] = [
  (good, n) => ['sample', `${JSON.stringify(good).slice(0, -1)} ${n}`],
  (good, n) => ['sample', { ...good, [`unknown_${n}`]: 1 }],
  (good, n) => ['sample', { ...good, tasks: `no_such_task_${n}` }],
  (good) => ['sample', { ...good, qty: undefined, doc_ids: [0, DOCUMENTS + 1_000_000] }],
  (good) => ['sample', { ...good, qty: 100 * DOCUMENTS }],
  (good) => ['sample', { ...good, requester_args: { address: 'a', service: 's', path: '/v1/other' } }],
  (good, n) => ['sample', { ...good, requester_args: { address: `a${n}` } }],
  (good, n) => ['sample', { ...good, qty: 1, tasks: Array.from({ length: 2000 }, (_, i) => `no_${n}_${i}`).join(',') }],
  (_, n) => ['shard', { plan: n.toString(16).padStart(24, '0'), shard: 0, offset: 0, docs: '0-1' }],
  (good, n) => ['register', { framework: 'lmeh', tasks: `nowhere_${n}`, include_path: good['include_path'] }],
];

/**
 * Sends so many messages, a fifth of them bad in ten ways, to the functions as they are driven locally, and looks what became
 * of each.
 */
export async function flood(scene: Scene, messages: number): Promise<FloodOutcome> {
  const drops = shuffled(Array.from({ length: messages }, (_, n) => dropOf(scene, n, n % 5 < 4)));
  const urls = { register: required(scene.env, 'REGISTER_QUEUE_URL'), sample: scene.sampleUrl, shard: scene.shardUrl };
  await Promise.all(Object.values(urls).map((url) => setVisibility(scene, url, VISIBILITY_SECONDS)));
  const unexpected: string[] = [];
  const started = Date.now();
  const functions = await drive(scene, unexpected);
  const memory = watchMemory();
  try {
    for (const queue of ['register', 'sample', 'shard'] as const) {
      const outgoing = drops.filter((drop) => drop.queue === queue).map(({ id, body }) => identified(id, body));
      await sendAll(scene.sqs, urls[queue], outgoing satisfies Outgoing[]);
    }
    while (!(await allQuiet(scene, Object.values(urls)))) await sleep(LOOK_MS);
  } finally {
    await memory.stop();
    await functions.stop();
  }
  const seconds = (Date.now() - started) / 1000;
  const deadLetters = await Promise.all(Object.values(urls).map((url) => countMessages(scene.sqs, `${url}-dlq`)));
  const outcome: FloodOutcome = {
    good: drops.filter(({ good }) => good).length,
    bad: drops.filter(({ good }) => !good).length,
    unaccounted: await unaccounted(scene, drops),
    tasks: await scene.db.collection('tasks').countDocuments({ 'requester_args.service': 'flood' }),
    deadLetters: deadLetters.reduce((sum, count) => sum + count, 0),
    seconds,
    megabytes: memory.quarters(),
    unexpected,
  };
  await Promise.all(Object.values(urls).map((url) => purge(scene.sqs, `${url}-dlq`)));
  await setVisibility(scene, scene.sampleUrl, VISIBILITY.sample);
  await setVisibility(scene, scene.shardUrl, VISIBILITY.shard);
  return outcome;
}

function dropOf(scene: Scene, n: number, good: boolean): Drop {
  const id = `flood-${n}`;
  const fine = { ...scene.bodyOf({ qty: 1 + (n % 3), address: id, service: 'flood', number: n }), seed: n };
  if (good) return { id, queue: 'sample', body: JSON.stringify(fine), good };
  const [queue, body] = BAD[Math.floor(n / 5) % BAD.length]?.(fine, n) ?? ['sample', ''];
  return { id, queue, body: typeof body === 'string' ? body : JSON.stringify(body), good };
}

async function drive(scene: Scene, unexpected: string[]) {
  const service = readServiceFile(ROOT);
  return driveFunctions({
    service: {
      ...service,
      functions: service.functions.filter(({ name }) => ['register', 'sample', 'shard'].includes(name)),
    },
    bundles: await bundleFunctions(service, ROOT, join(scene.servers.dir, 'flood')),
    queues: scene.sqs,
    env: { ...scene.env, LOG_LEVEL: 'ERROR' },
    stage: LOCAL_STAGE,
    concurrency: AT_A_TIME,
    onFunctionLine: (name, line) => {
      if (line.includes('"Unexpected"') || !line.startsWith('{')) unexpected.push(`${name}: ${line}`);
    },
    onError: (name, error) => unexpected.push(`${name}: ${String(error)}`),
  });
}

/** Which messages have no outcome that fits them. */
async function unaccounted(scene: Scene, drops: readonly Drop[]): Promise<string[]> {
  const records = scene.db
    .collection('sample_requests')
    .find({ request_id: /^flood-/ }, { projection: { request_id: 1, state: 1 } });
  const found = new Map<string, string[]>();
  for await (const { request_id: id, state } of records) found.set(id, [...(found.get(id) ?? []), String(state)]);
  return drops.flatMap(({ id, good, body }) => {
    const states = found.get(id) ?? [];
    const fits = states.length === 1 && states[0] === (good ? 'done' : 'rejected');
    return fits ? [] : [`${id}: ${states.join(', ') || 'no record'}: ${body.slice(0, 80)}`];
  });
}

async function allQuiet(scene: Scene, urls: readonly string[]): Promise<boolean> {
  const counts = await Promise.all(urls.map((url) => countMessages(scene.sqs, url)));
  return counts.every((count) => count === 0);
}

async function setVisibility(scene: Scene, QueueUrl: string, seconds: number): Promise<void> {
  const Attributes = { VisibilityTimeout: String(seconds) };
  await scene.sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes }));
}

/** Looks at the memory of the functions' processes, as the kernel counts it. */
function watchMemory() {
  const peaks: number[] = [];
  const look = () => {
    const sizes = instances().map((pid) => residentBytes(pid) / 1024 ** 2);
    if (sizes.length > 0) peaks.push(Math.round(Math.max(...sizes)));
  };
  const timer = setInterval(look, LOOK_MS);
  return {
    async stop() {
      clearInterval(timer);
    },
    quarters: () =>
      [0, 1, 2, 3].map((quarter) => {
        const part = peaks.slice((quarter * peaks.length) / 4, ((quarter + 1) * peaks.length) / 4);
        return Math.max(0, ...part);
      }),
  };
}

/** The processes of functions that this one started. */
function instances(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => readOr(`/proc/${pid}/cmdline`, '').includes('lambda-instance') && parentOf(pid) === process.pid);
}

function parentOf(pid: number): number {
  // The name in brackets may hold anything; the state and the parent follow it.
  return Number(readOr(`/proc/${pid}/stat`, '').split(') ').at(-1)?.split(' ')[1] ?? 0);
}

function residentBytes(pid: number): number {
  return Number(readOr(`/proc/${pid}/statm`, '0 0').split(' ')[1] ?? 0) * PAGE_BYTES;
}

/** Processes end while one looks. */
function readOr(file: string, otherwise: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return otherwise;
  }
}
