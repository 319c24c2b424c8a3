/**
 * The deployed bundles: their sizes, how long each takes to load and to answer its first message, with the code that V8 made of
 * it while it was packaged and without (as where Lambda has another V8 or processor), and how much memory the function `shard`
 * takes for one request of many shards. Each in a process of its own; with and without take turns.
 *
 *   node bench/functions.ts [documents]
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import type { ObjectId } from 'mongodb';
import { ensureIndexes } from '../lib/documents/collections.ts';
import { bundleFunctions, compileBundles } from '../localstack/bundle.ts';
import { DEMO_INCLUDE, DEMO_TASK, stageDemo } from '../localstack/demo-data.ts';
import { readServiceFile } from '../localstack/service-file.ts';
import { toSqsEvent } from '../localstack/sqs-event.ts';
import { floorLine, withServers } from './cores.ts';
import { planned, remove } from './planned.ts';
import { benchTask, removeTable } from './questions.ts';
import { type BenchServices, median, openServices } from './services.ts';

const ROOT = join(import.meta.dirname, '..');
const STARTS = 9;
const SHARD_SIZE = 250;
/** As many as SQS hands over where more of them wait. */
const MESSAGES_OF_AN_EVENT = 10;

/** What a process measured of one bundle. */
interface Figures {
  readonly load: number;
  readonly first: number;
  readonly peak: number;
  readonly total: number;
  /** Processor time from the start of the process on, in milliseconds. */
  readonly cpu: number;
}

const service = readServiceFile(ROOT);
await compare(Number(process.argv[2] ?? 14_000));

async function compare(documents: number): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'bench-'));
  const bundles = await bundleFunctions(service, ROOT, dir, { compiled: true });
  await libraries(dir);
  const services = await openServices();
  // Else the first messages would be refused ones.
  await stageDemo(services.s3, services.bucket);
  const task = await benchTask(services, 'gsm8k', documents);
  const ids = [];
  for (const [name, path] of Object.entries(bundles)) {
    // It takes no messages, and starts with an image that lies beside the bundle in a deployment only.
    if (name === 'sandbox') continue;
    const bundle = path.replace(/\.cjs$/, '.bundle.cjs');
    const code = bundle.replace(/\.cjs$/, '.code');
    const figures: Figures[] = [];
    const without: Figures[] = [];
    for (let i = 0; i < 2 * STARTS; i++) {
      const small = await planned(services, task, 15, SHARD_SIZE);
      ids.push(small.id);
      const compiled = i % 2 === 0;
      (compiled ? figures : without).push(measure(compiled ? path : bundle, [eventFor(name, small.shards, i)]));
    }
    console.log(
      `${name}: ${size(bundle)}, its compiled code ${size(code)}; loads in ${of(figures, 'load')} ms, ` +
        `first message ${of(figures, 'first')} ms, ${of(figures, 'peak')} MB; without its code ${of(without, 'load')} and ` +
        `${of(without, 'first')} ms, ${of(without, 'peak')} MB (medians of ${STARTS} starts)`,
    );
  }
  const many = await planned(services, task, documents, SHARD_SIZE);
  ids.push(many.id);
  const events = Array.from({ length: Math.ceil(many.shards.length / MESSAGES_OF_AN_EVENT) }, (_, n) =>
    eventFor('shard', many.shards.slice(n * MESSAGES_OF_AN_EVENT, (n + 1) * MESSAGES_OF_AN_EVENT), n),
  );
  const { result, ...servers } = await withServers(() => measure(bundles['shard'] ?? '', events));
  const { peak, total, cpu } = result;
  console.log(
    `shard, one process: ${documents} documents of gsm8k, 5 shots, ${many.shards.length} shards, ${MESSAGES_OF_AN_EVENT} an event, in ` +
      `${(total / 1000).toFixed(1)} s (${(documents / (total / 1000)).toFixed(0)} prompts/s), peak memory ${peak.toFixed(0)} MB`,
  );
  console.log(`  ${floorLine({ node: cpu, ...servers })}`);
  console.log(`  ${await bareInserts(services, many.id, documents)}`);
  for (const id of ids) await remove(services, id);
  await removeTable(services, task.name);
  await services.dispose();
  rmSync(dir, { recursive: true });
}

/** The floor of writing: the same documents once more by the driver's insertMany, both collections side by side, with the same indexes. */
async function bareInserts({ mongo, db }: BenchServices, id: ObjectId, documents: number): Promise<string> {
  const floor = mongo.db(`${db.databaseName}_floor`);
  await ensureIndexes(floor);
  const all = await Promise.all(
    ['instances', 'prompts'].map(async (name) => ({
      collection: floor.collection(name),
      documents: await db.collection(name).find({ task_id: id }).toArray(),
    })),
  );
  const started = performance.now();
  await Promise.all(all.map((some) => some.collection.insertMany(some.documents, { ordered: false })));
  const seconds = (performance.now() - started) / 1000;
  await floor.dropDatabase();
  const rate = (documents / seconds).toFixed(0);
  return `a bare insertMany of the same documents takes ${seconds.toFixed(1)} s (${rate} prompts/s)`;
}

/** The floor of loading: a bundle of the libraries that every function is given, and next to nothing else. */
async function libraries(dir: string): Promise<void> {
  const { outputFileExtension, ...options } = service.bundleOptions;
  const path = join(dir, `libraries${outputFileExtension}`);
  const bundle = join(dir, `libraries.bundle${outputFileExtension}`);
  await build({
    ...options,
    absWorkingDir: ROOT,
    entryPoints: ['bench/libraries.ts'],
    plugins: [compileBundles()],
    outfile: path,
    logLevel: 'error',
  });
  const [figures, without] = [path, bundle].map((each) =>
    Array.from({ length: STARTS }, () => measure(each, [{ Records: [] }])),
  );
  console.log(
    `the given libraries alone: ${size(bundle)}, load in ${of(figures ?? [], 'load')} ms, without compiled code in ` +
      `${of(without ?? [], 'load')} ms (medians of ${STARTS} starts)`,
  );
}

function measure(path: string, events: readonly object[]): Figures {
  const file = `${path}.events.json`;
  writeFileSync(file, JSON.stringify(events));
  const quiet = { AWS_LAMBDA_FUNCTION_NAME: 'bench', POWERTOOLS_METRICS_DISABLED: 'true', LOG_LEVEL: 'ERROR' };
  const child = spawnSync(
    process.execPath,
    [...service.nodeOptions, join(import.meta.dirname, 'run-bundle.mjs'), path, file],
    {
      env: { ...process.env, ...quiet },
      encoding: 'utf8',
    },
  );
  const line = child.stdout.split('\n').find((text) => text.startsWith('figures '));
  if (child.status !== 0 || !line) throw new Error(`${path} could not be measured:\n${child.stdout}${child.stderr}`);
  return JSON.parse(line.slice('figures '.length));
}

function eventFor(name: string, shards: readonly object[], n: number): object {
  const demo = { framework: 'lmeh', tasks: DEMO_TASK, include_path: DEMO_INCLUDE };
  const requester_args = { address: `bench-${process.pid}-${n}`, service: 'bench' };
  const bodies: Record<string, readonly object[]> = {
    register: [demo],
    sample: [{ ...demo, requester_args, qty: 15 }],
    shard: shards,
  };
  const messages = (bodies[name] ?? []).map((body, i) => ({
    MessageId: `${process.pid}-${name}-${n}-${i}`,
    ReceiptHandle: 'none',
    Body: JSON.stringify(body),
    Attributes: { ApproximateReceiveCount: '1' },
  }));
  return toSqsEvent(messages, 'arn:aws:sqs:us-east-1:000000000000:bench');
}

function of(figures: readonly Figures[], name: keyof Figures): string {
  return median(figures.map((each) => each[name])).toFixed(0);
}

/** Of a file, and of what it comes to in a package. */
function size(path: string): string {
  const bytes = readFileSync(path);
  return `${kilobytes(bytes.length)} (${kilobytes(gzipSync(bytes).length)} zipped)`;
}

function kilobytes(bytes: number): string {
  return `${(bytes / 1000).toFixed(0)} kB`;
}
