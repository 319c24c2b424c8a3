/**
 * What a request costs that asks for two documents, as the Manager sends them all day: N of them for N suppliers, through the
 * local stack, and beside it with events handed to the bundled functions, without queues and what polls them.
 *
 *   node bench/small.ts [requests] [--differ]
 *
 * Its requests are alike, a hundred suppliers at a time, as the Manager sends them; with --differ no two of them are.
 * BENCH_DIRECT_ONLY=1 leaves the way through the stack out, BENCH_STACK_ONLY=1 the other; BENCH_CPU_PROF=DIR keeps a profile of each function there.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import * as z from 'zod';
import { createSqs } from '../lib/clients/aws.ts';
import { bundleFunctions } from '../localstack/bundle.ts';
import { readServiceFile } from '../localstack/service-file.ts';
import { toSqsEvent } from '../localstack/sqs-event.ts';
import { type CpuByRole, cpuEach, readCpu, readMemory } from './processes.ts';
import { registerOwnRows } from './questions.ts';
import { COUNTED_MS, describeCounts, readCounts } from './server-counts.ts';
import { openServices } from './services.ts';
import { describeQueueFloor, describeRequestFloor, describeWriteFloor } from './small-floors.ts';
import { ALIKE, DIFFERENT, messageOf, QTY, RUN, send } from './small-messages.ts';
import { describeWritten } from './small-written.ts';
import { startSqsEmulator } from './sqs-emulator.ts';

const { values, positionals } = parseArgs({ options: { differ: { type: 'boolean' } }, allowPositionals: true });
const MIX = values.differ ? DIFFERENT : ALIKE;
const REQUESTS = Number(positionals[0] ?? 1000);
const WARM_UP = 100;
/** Messages that a function takes in one event, where so many wait (serverless.yml). */
const AT_A_TIME = 10;
/** Events handed in directly: enough to be warm, however many go through the stack. */
const DIRECT = Math.min(REQUESTS, 1500);
const ROOT = join(import.meta.dirname, '..');
const DOCUMENTS = 1319;
const PATIENCE_MS = 120_000;
const QUARTERS = 4;
/** Who does a part of a request; the bench itself, which sends and counts, is told beside them. */
const ROLES = ['sample', 'shard', 'stack', 'mongodb', 'postgres'];

const figuresOfRun = z.object({
  ms: z.number(),
  userMs: z.number(),
  systemMs: z.number(),
  /** Of both, what other threads than the one that runs our code took: V8 compiles and collects there. */
  othersMs: z.number(),
  logged: z.number(),
  memory: z.number(),
  ports: z.record(z.string(), z.object({ writes: z.number(), sent: z.number(), received: z.number() })),
});
type Figures = z.output<typeof figuresOfRun>;

const services = await openServices();
for (const { task, shape } of MIX.tasks) await registerOwnRows(services, shape, DOCUMENTS, task);
if (!process.env['BENCH_DIRECT_ONLY']) await throughTheStack();
if (!process.env['BENCH_STACK_ONLY']) await directly();
await services.dispose();

async function throughTheStack(): Promise<void> {
  const sqs = createSqs();
  console.log(`  ${await describeQueueFloor(sqs)}`);
  await send(sqs, WARM_UP, 'warm', MIX);
  await quarters(0, WARM_UP);
  console.log(`  ${await describeWriteFloor(services)}`);
  const counts = await readCounts(services);
  const [load, cpu, own] = [loadavg()[0], readCpu(process.env), process.cpuUsage()];
  const started = performance.now();
  const seconds = () => (performance.now() - started) / 1000;
  const memory = [readMemory(process.env)];
  const cpuThen = [cpu];
  const answering = quarters(WARM_UP, REQUESTS, () => {
    memory.push(readMemory(process.env));
    cpuThen.push(readCpu(process.env));
  });
  await send(sqs, REQUESTS, 'stack', MIX);
  const sending = seconds();
  const waiting = WARM_UP + REQUESTS - (await visible());
  await answering;
  const [total, after] = [seconds(), readCpu(process.env)];
  const { user, system } = process.cpuUsage(own);
  const each = cpuEach(cpu, after, REQUESTS);
  const sum = ROLES.reduce((all, role) => all + (each.get(role) ?? 0), 0);
  const ours = (user + system) / 1000 / REQUESTS;
  const cores = cpus().length;
  console.log(
    `${REQUESTS} requests of ${QTY} documents (${MIX.name}) through the stack: ${(REQUESTS / total).toFixed(0)} a second ` +
      `(load ${load?.toFixed(1)} before, ${loadavg()[0]?.toFixed(1)} after); sent within ${sending.toFixed(1)} s, ` +
      `the ${waiting} that were left then at ${(waiting / (total - sending)).toFixed(0)} a second\n` +
      `  CPU of each: ${describeCpu(each)}; together ${sum.toFixed(2)} ms, so that ${cores} cores are full at ` +
      `${((1000 * cores) / sum).toFixed(0)} a second, or at ${((1000 * cores) / (sum + ours)).toFixed(0)} with the ${ours.toFixed(2)} ms of the bench, which sends and counts`,
  );
  await sleep(COUNTED_MS);
  const [commands, statements] = describeCounts(counts, await readCounts(services), REQUESTS);
  console.log(`  MongoDB: ${commands}; Postgres: ${statements}`);
  console.log(`  memory in MB at each quarter: ${describeMemory(memory)}`);
  console.log(`  CPU in ms of each request in each quarter: ${describeQuarters(cpuThen)}`);
  console.log(`  written: ${await describeWritten(services.db, sqs, 'stack', REQUESTS)}`);
  sqs.destroy();
}

function describeMemory(readings: readonly ReadonlyMap<string, number>[]): string {
  const roles = [...(readings.at(-1)?.keys() ?? [])];
  return roles.map((role) => `${role} ${readings.map((mb) => mb.get(role)?.toFixed(0) ?? '-').join(' ')}`).join(', ');
}

async function directly(): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'bench-'));
  const service = readServiceFile(ROOT);
  const bundles = await bundleFunctions(service, ROOT, dir);
  const queue = await startSqsEmulator(process.env['AWS_ENDPOINT_URL'] ?? '');
  const direct = createSqs({ ...process.env, AWS_ENDPOINT_URL: queue.url });
  try {
    for (const perEvent of [1, AT_A_TIME]) {
      const asked = Array.from({ length: DIRECT + WARM_UP }, (_, n) => messageOf(`direct${perEvent}`, n, MIX));
      const run = (name: string, bodies: readonly string[]) =>
        measured(`${name}, ${perEvent === 1 ? 'one message' : `${perEvent} messages`} an event`, () =>
          runDirect(service.nodeOptions, bundles[name] ?? '', bodies, queue.url, perEvent),
        );
      const sample = await run('sample', asked);
      const shard = await run('shard', queue.bodies.splice(0));
      const [a, b] = [cpuOf(sample), cpuOf(shard)];
      const others = sample.othersMs + shard.othersMs;
      console.log(
        `  both functions without queues: ${(a + b).toFixed(2)} ms of CPU a request, ${others.toFixed(2)} of it on other threads`,
      );
      if (perEvent === 1) console.log(`    ${await describeRequestFloor(services, direct, queue.url)}`);
      // What the floor sent is for no function.
      queue.bodies.length = 0;
    }
  } finally {
    direct.destroy();
    queue.close();
    rmSync(dir, { recursive: true });
  }
}

function describeQuarters(readings: readonly CpuByRole[]): string {
  const eachOf = readings.slice(1).map((now, at) => cpuEach(readings[at] ?? now, now, REQUESTS / QUARTERS));
  return ROLES.map((role) => `${role} ${eachOf.map((each) => (each.get(role) ?? 0).toFixed(1)).join(' ')}`).join(', ');
}

/** Runs a function's events and tells what each took of it and of the servers. */
async function measured(name: string, run: () => Promise<Figures>): Promise<Figures> {
  const counts = await readCounts(services);
  const cpu = readCpu(process.env);
  const figures = await run();
  const servers = cpuEach(cpu, readCpu(process.env), DIRECT + WARM_UP);
  await sleep(COUNTED_MS);
  const [commands, statements] = describeCounts(counts, await readCounts(services), DIRECT + WARM_UP);
  const of = (uri: string | undefined) => figures.ports[new URL(uri ?? '').port] ?? { writes: 0, sent: 0, received: 0 };
  const { mongodb = 0, postgres = 0 } = Object.fromEntries(servers);
  const describe = (uri: string | undefined) =>
    `${of(uri).writes.toFixed(1)} writes, ${of(uri).sent.toFixed(0)} bytes sent, ${of(uri).received.toFixed(0)} received`;
  console.log(
    `  ${name}: ${figures.ms.toFixed(2)} ms, CPU ${cpuOf(figures).toFixed(2)} ms ` +
      `(${figures.systemMs.toFixed(2)} of it the system's; ${figures.othersMs.toFixed(2)} of other threads, which compile and collect), MongoDB's ${mongodb.toFixed(2)}, Postgres' ${postgres.toFixed(2)}; ` +
      `${figures.logged.toFixed(0)} bytes logged, ${figures.memory.toFixed(0)} MB\n` +
      `    MongoDB: ${commands}; ${describe(process.env['MONGODB_URI'])}\n` +
      `    Postgres: ${statements}; ${describe(process.env['POSTGRES_URI'])}`,
  );
  return figures;
}

async function runDirect(
  nodeOptions: readonly string[],
  bundle: string,
  bodies: readonly string[],
  endpoint: string,
  perEvent: number,
): Promise<Figures> {
  // All of them wait already when the first one is worked on, as those of a flood do.
  const SentTimestamp = String(Date.now());
  const messages = bodies.map((Body, n) => ({
    MessageId: `${RUN}-${perEvent}-${n}`,
    ReceiptHandle: 'none',
    Body,
    Attributes: { ApproximateReceiveCount: '1', SentTimestamp },
  }));
  // Each kind is done by itself before it is done together.
  const alone = messages.splice(0, WARM_UP).map((message) => [message]);
  const together = Array.from({ length: Math.ceil(messages.length / perEvent) }, (_, n) =>
    messages.slice(n * perEvent, (n + 1) * perEvent),
  );
  const events = [...alone, ...together].map((some) => toSqsEvent(some, 'arn:aws:sqs:us-east-1:000000000000:bench'));
  const file = `${bundle}.events.json`;
  writeFileSync(file, JSON.stringify(events));
  const script = join(import.meta.dirname, 'run-direct.mjs');
  const profile = process.env['BENCH_CPU_PROF'];
  const profiling = profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`];
  const options = [...nodeOptions, ...profiling, script, bundle, file, String(WARM_UP)];
  const queueUrl = (name: string) => (process.env[name] ?? '').replace(process.env['AWS_ENDPOINT_URL'] ?? '', endpoint);
  const child = spawn(process.execPath, options, {
    env: {
      ...process.env,
      AWS_ENDPOINT_URL: endpoint,
      SAMPLE_QUEUE_URL: queueUrl('SAMPLE_QUEUE_URL'),
      SHARD_QUEUE_URL: queueUrl('SHARD_QUEUE_URL'),
      AWS_LAMBDA_FUNCTION_NAME: 'bench',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.on('data', (chunk) => {
    output += chunk;
  });
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  const line = output.split('\n').find((text) => text.startsWith('figures '));
  if (code !== 0 || line === undefined) throw new Error(`${bundle} could not be measured:\n${output}`);
  return figuresOfRun.parse(JSON.parse(line.slice('figures '.length)));
}

/** Waits until so many more tasks are there, and calls whenever another quarter of them is; nobody else writes any here. */
async function quarters(before: number, count: number, each: () => void = () => {}): Promise<void> {
  let last = performance.now();
  for (let seen = 0, told = 0; ; ) {
    const now = (await visible()) - before;
    for (; told < QUARTERS && now >= (count * (told + 1)) / QUARTERS; told++) each();
    if (now >= count) return;
    if (now > seen) last = performance.now();
    if (performance.now() - last > PATIENCE_MS) throw new Error(`${now} of ${count} requests were answered`);
    seen = now;
    await sleep(100);
  }
}

function visible(): Promise<number> {
  return services.db.collection('tasks').estimatedDocumentCount();
}

function cpuOf({ userMs, systemMs }: Figures): number {
  return userMs + systemMs;
}

function describeCpu(each: CpuByRole): string {
  const shown = ROLES.filter((role) => each.has(role));
  return shown.map((role) => `${role} ${(each.get(role) ?? 0).toFixed(2)} ms`).join(', ');
}
