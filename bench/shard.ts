/**
 * How fast one process reads, renders and writes a shard, compared with a bare insertMany of the same documents into the same
 * collections; the two take turns. `npm run bench` runs it; by itself it needs the environment of a running stack.
 *
 *   node bench/shard.ts [documents]
 */
import { loadavg } from 'node:os';
import type { Document, ObjectId } from 'mongodb';
import { collectionsOf } from '../lib/documents/collections.ts';
import { Logger } from '../lib/log/log.ts';
import { renderShard } from '../lib/shard/shard.ts';
import { planned, remove } from './planned.ts';
import { type BenchTask, benchTask, removeTable, SHAPE_NAMES } from './questions.ts';
import { median, openServices } from './services.ts';

const DOCUMENTS = Number(process.argv[2] ?? 1000);
const ROUNDS = 9;

const services = await openServices();
const log = new Logger('error');
for (const shape of SHAPE_NAMES) {
  const task = await benchTask(services, shape, DOCUMENTS);
  await compare(shape, task);
  await removeTable(services, task.name);
}
await services.dispose();

async function compare(shape: string, task: BenchTask): Promise<void> {
  const ratios: number[] = [];
  const rates: number[] = [];
  const perCore: number[] = [];
  for (let round = 0; round <= ROUNDS; round++) {
    const { id, shards } = await planned(services, task, DOCUMENTS, DOCUMENTS);
    const cpu = process.cpuUsage();
    const started = performance.now();
    for (const shard of shards) await renderShard(services, shard, { redriven: false, log });
    const took = performance.now() - started;
    const { user, system } = process.cpuUsage(cpu);
    const bare = await timeBare(id);
    await remove(services, id);
    // The first round warms up.
    if (round === 0) continue;
    ratios.push(took / bare);
    rates.push(DOCUMENTS / (took / 1000));
    perCore.push(DOCUMENTS / ((user + system) / 1e6));
  }
  console.log(
    `${shape}: ${DOCUMENTS} documents, 5 shots, one shard: ${median(rates).toFixed(0)} prompts/s (${median(perCore).toFixed(0)} per CPU second); ` +
      `${median(ratios).toFixed(2)} times a bare insertMany of the same documents (median of ${ROUNDS}; load ${loadavg()[0]?.toFixed(1)})`,
  );
}

/** Milliseconds of writing the same documents again, as they are, after removing them. */
async function timeBare(id: ObjectId): Promise<number> {
  const { instances, prompts } = collectionsOf(services.db);
  const [all, theirs] = [await take('instances', id), await take('prompts', id)];
  const started = performance.now();
  await Promise.all([instances.insertMany(all), prompts.insertMany(theirs)]);
  return performance.now() - started;
}

async function take(name: 'instances' | 'prompts', id: ObjectId): Promise<Document[]> {
  const collection = collectionsOf(services.db)[name];
  const found = await collection.find({ task_id: id }).toArray();
  await collection.deleteMany({ task_id: id });
  return found;
}
