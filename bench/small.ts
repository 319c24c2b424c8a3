/**
 * What a request costs that asks for two documents, as the Manager sends them all day: N of them for N suppliers, through the
 * local stack, and beside it with events handed to the bundled functions, without queues and what polls them.
 *
 *   node bench/small.ts [requests]
 *
 * BENCH_DIRECT_ONLY=1 leaves the way through the stack out; BENCH_CPU_PROF=DIR keeps a profile of each function there.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SendMessageBatchCommand, type SQSClient } from '@aws-sdk/client-sqs';
import * as z from 'zod';
import { createSqs } from '../lib/clients/aws.ts';
import { bundleFunctions } from '../localstack/bundle.ts';
import { readServiceFile } from '../localstack/service-file.ts';
import { toSqsEvent } from '../localstack/sqs-event.ts';
import { type CpuByRole, cpuEach, readCpu, readMemory } from './processes.ts';
import { registerOwnRows } from './questions.ts';
import { type BenchServices, openServices } from './services.ts';
import { startSqsEmulator } from './sqs-emulator.ts';

const REQUESTS = Number(process.argv[2] ?? 1000);
const WARM_UP = 100;
/** Events handed in directly: enough to be warm, however many go through the stack. */
const DIRECT = Math.min(REQUESTS, 1500);
const ROOT = join(import.meta.dirname, '..');
const TASK = 'gsm8k';
const DOCUMENTS = 1319;
const QTY = 2;
/** All suppliers of one run of the Manager are sent the same seed, and with it asked the same documents. */
const SUPPLIERS_OF_A_RUN = 100;
const PATIENCE_MS = 120_000;
/** Servers bring their counters up to date within this time. */
const COUNTED_MS = 11_000;
const RUN = `bench-small-${process.pid}`;

const figuresOfRun = z.object({
  ms: z.number(),
  userMs: z.number(),
  systemMs: z.number(),
  logged: z.number(),
  memory: z.number(),
  ports: z.record(z.string(), z.object({ writes: z.number(), sent: z.number(), received: z.number() })),
});
type Figures = z.output<typeof figuresOfRun>;

const services = await openServices();
await registerOwnRows(services, TASK, DOCUMENTS);
if (!process.env['BENCH_DIRECT_ONLY']) await throughTheStack();
await directly();
await services.dispose();

async function throughTheStack(): Promise<void> {
  const sqs = createSqs();
  await send(sqs, WARM_UP, 'warm');
  await allVisible(WARM_UP);
  const cpu = readCpu(process.env);
  const memory = describeMemory();
  const started = performance.now();
  await send(sqs, REQUESTS, 'stack');
  await allVisible(WARM_UP + REQUESTS);
  const seconds = (performance.now() - started) / 1000;
  const each = cpuEach(cpu, readCpu(process.env), REQUESTS);
  sqs.destroy();
  console.log(
    `${REQUESTS} requests of ${QTY} documents through the stack: ${(REQUESTS / seconds).toFixed(0)} a second; ` +
      `CPU of each: ${describeCpu(each)} (load ${loadavg()[0]?.toFixed(1)})`,
  );
  console.log(`  memory in MB before: ${memory}; after: ${describeMemory()}`);
}

function describeMemory(): string {
  return [...readMemory(process.env)].map(([role, mb]) => `${role} ${mb.toFixed(0)}`).join(', ');
}

async function directly(): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'bench-'));
  const service = readServiceFile(ROOT);
  const bundles = await bundleFunctions(service, ROOT, dir);
  const queue = await startSqsEmulator(process.env['AWS_ENDPOINT_URL'] ?? '');
  try {
    const asked = Array.from({ length: DIRECT + WARM_UP }, (_, n) => messageOf('direct', n));
    const run = (name: string, bodies: readonly string[]) =>
      measured(name, () => runDirect(service.nodeOptions, bundles[name] ?? '', bodies, queue.url));
    const sample = await run('sample', asked);
    const sent = queue.bodies.splice(0);
    const shard = await run('shard', sent);
    const [a, b] = [cpuOf(sample), cpuOf(shard)];
    console.log(`  both functions without queues: ${(a + b).toFixed(2)} ms of CPU a request`);
  } finally {
    queue.close();
    rmSync(dir, { recursive: true });
  }
}

/** Runs a function's events and tells what each took of it and of the servers. */
async function measured(name: string, run: () => Promise<Figures>): Promise<Figures> {
  const commands = await mongoCommands(services);
  const statements = await postgresStatements(services);
  const cpu = readCpu(process.env);
  const figures = await run();
  const servers = cpuEach(cpu, readCpu(process.env), DIRECT + WARM_UP);
  await sleep(COUNTED_MS);
  const now = await mongoCommands(services);
  const sent = [...now]
    .map(([command, count]) => [command, (count - (commands.get(command) ?? 0)) / (DIRECT + WARM_UP)] as const)
    .filter(([, count]) => count > 0.5)
    .map(([command, count]) => `${command} ${count.toFixed(1)}`);
  const asked = ((await postgresStatements(services)) - statements) / (DIRECT + WARM_UP);
  const of = (uri: string | undefined) => figures.ports[new URL(uri ?? '').port] ?? { writes: 0, sent: 0, received: 0 };
  const { mongodb = 0, postgres = 0 } = Object.fromEntries(servers);
  const describe = (uri: string | undefined) =>
    `${of(uri).writes.toFixed(1)} writes, ${of(uri).sent.toFixed(0)} bytes sent, ${of(uri).received.toFixed(0)} received`;
  console.log(
    `  ${name}, one event after the other: ${figures.ms.toFixed(2)} ms, CPU ${cpuOf(figures).toFixed(2)} ms ` +
      `(${figures.systemMs.toFixed(2)} of it the system's), MongoDB's ${mongodb.toFixed(2)}, Postgres' ${postgres.toFixed(2)}; ` +
      `${figures.logged.toFixed(0)} bytes logged, ${figures.memory.toFixed(0)} MB\n` +
      `    MongoDB: ${sent.join(', ')}; ${describe(process.env['MONGODB_URI'])}\n` +
      `    Postgres: ${asked.toFixed(1)} statements; ${describe(process.env['POSTGRES_URI'])}`,
  );
  return figures;
}

async function runDirect(
  nodeOptions: readonly string[],
  bundle: string,
  bodies: readonly string[],
  endpoint: string,
): Promise<Figures> {
  const events = bodies.map((Body, n) =>
    toSqsEvent(
      [{ MessageId: `${RUN}-${n}`, ReceiptHandle: 'none', Body, Attributes: { ApproximateReceiveCount: '1' } }],
      'arn:aws:sqs:us-east-1:000000000000:bench',
    ),
  );
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

function messageOf(kind: string, n: number): string {
  return JSON.stringify({
    framework: 'lmeh',
    tasks: TASK,
    requester_args: { address: `${RUN}-${kind}-${n}`, service: RUN },
    blacklist: [],
    qty: QTY,
    random_seed: Math.floor(n / SUPPLIERS_OF_A_RUN),
  });
}

async function send(sqs: SQSClient, count: number, kind: string): Promise<void> {
  const QueueUrl = process.env['SAMPLE_QUEUE_URL'];
  for (let n = 0; n < count; n += 10) {
    const Entries = Array.from({ length: Math.min(10, count - n) }, (_, i) => ({
      Id: String(i),
      MessageBody: messageOf(kind, n + i),
    }));
    await sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries }));
  }
}

/** Waits until so many tasks are there; nobody else writes any here. */
async function allVisible(count: number): Promise<void> {
  const tasks = services.db.collection('tasks');
  let last = performance.now();
  for (let seen = 0; ; ) {
    const now = await tasks.estimatedDocumentCount();
    if (now === count) return;
    if (now > seen) last = performance.now();
    if (performance.now() - last > PATIENCE_MS) throw new Error(`${now} of ${count} requests were answered`);
    seen = now;
    await sleep(100);
  }
}

async function mongoCommands({ mongo }: BenchServices): Promise<Map<string, number>> {
  const { metrics } = await mongo.db('admin').command({ serverStatus: 1 });
  const counted = z.record(z.string(), z.object({ total: z.coerce.number() }).or(z.unknown()));
  const known = ['find', 'insert', 'update', 'delete', 'findAndModify', 'aggregate', 'commitTransaction', 'bulkWrite'];
  return new Map(
    Object.entries(counted.parse(metrics.commands)).flatMap(([name, about]) =>
      known.includes(name) && typeof about === 'object' && about !== null && 'total' in about
        ? [[name, Number(about.total)] as const]
        : [],
    ),
  );
}

async function postgresStatements({ sql }: BenchServices): Promise<number> {
  const [row] = await sql`SELECT xact_commit AS count FROM pg_stat_database WHERE datname = current_database()`;
  return Number(row?.['count'] ?? 0);
}

function cpuOf({ userMs, systemMs }: Figures): number {
  return userMs + systemMs;
}

function describeCpu(each: CpuByRole): string {
  const shown = ['sample', 'shard', 'emulators', 'mongodb', 'postgres'].filter((role) => each.has(role));
  return shown.map((role) => `${role} ${(each.get(role) ?? 0).toFixed(2)} ms`).join(', ');
}
