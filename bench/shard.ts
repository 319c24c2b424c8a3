/**
 * How fast one process reads, renders and writes a shard, compared with a bare insertMany of the same documents into the same
 * collections over one connection or two, and with what the driver takes of that to turn them into BSON, which the shard does by
 * itself. All take turns. `npm run bench` runs it; by itself it needs the environment of a running stack.
 *
 *   node bench/shard.ts [documents]
 */
import { loadavg } from 'node:os';
import { BSON, type Document, type ObjectId } from 'mongodb';
import { collectionsOf } from '../lib/documents/collections.ts';
import { Logger } from '../lib/log/log.ts';
import { renderShard } from '../lib/shard/shard.ts';
import { floorLine, leastWall, withServers } from './cores.ts';
import { planned, remove } from './planned.ts';
import { type BenchTask, benchTask, removeTable, SHAPE_NAMES } from './questions.ts';
import { median, openServices } from './services.ts';

const DOCUMENTS = Number(process.argv[2] ?? 1000);
/** Rounds of all parts before it counts: V8 goes on to optimise what a process runs for about so long, ours and the driver's. */
const WARM_UP = 10;
const ROUNDS = 15;
const NAMES = ['instances', 'prompts'] as const;

const services = await openServices();
const log = new Logger('error');
for (const shape of SHAPE_NAMES) {
  const task = await benchTask(services, shape, DOCUMENTS);
  await compare(shape, task);
  await removeTable(services, task.name);
}
await services.dispose();

/** What something took, in milliseconds: by the wall, and of all processors. */
interface Took {
  readonly wall: number;
  readonly cpu: number;
}

/** The parts that take turns. */
type Part = 'shard' | 'bson' | 'one' | 'two';

async function compare(shape: string, task: BenchTask): Promise<void> {
  const took: Record<Part, Took[]> = { shard: [], bson: [], one: [], two: [] };
  const ratios: number[] = [];
  const servers = { mongodb: 0, postgres: 0 };
  for (let round = 0; round < WARM_UP + ROUNDS; round++) {
    const { id, shards } = await planned(services, task, DOCUMENTS, DOCUMENTS);
    const { result: shard, ...used } = await withServers(() =>
      timed(async () => {
        for (const message of shards) await renderShard(services, message, { redriven: false, log });
      }),
    );
    const all = [await take('instances', id), await take('prompts', id)] as const;
    const bson = await timed(async () => {
      for (const document of all.flat()) BSON.serialize(document);
    });
    const two = await timed(() => insert(all, true));
    for (const name of NAMES) await take(name, id);
    const one = await timed(() => insert(all, false));
    await remove(services, id);
    if (round < WARM_UP) continue;
    servers.mongodb += used.mongodb / ROUNDS;
    servers.postgres += used.postgres / ROUNDS;
    took.shard.push(shard);
    took.bson.push(bson);
    took.one.push(one);
    took.two.push(two);
    ratios.push(shard.wall / two.wall);
  }
  const perSecond = (figures: readonly Took[], of: keyof Took) => (DOCUMENTS / (middle(figures, of) / 1000)).toFixed(0);
  console.log(
    `${shape}: ${DOCUMENTS} documents, 5 shots, one shard: ${perSecond(took.shard, 'wall')} prompts/s (${perSecond(took.shard, 'cpu')} per CPU second); ` +
      `${median(ratios).toFixed(2)} times a bare insertMany of the same documents (median of ${ROUNDS}; load ${loadavg()[0]?.toFixed(1)})`,
  );
  const show = (figures: readonly Took[]) =>
    `${middle(figures, 'wall').toFixed(0)} ms (${middle(figures, 'cpu').toFixed(0)} of CPU)`;
  console.log(
    `  the shard took ${show(took.shard)}; the same documents as BSON ${show(took.bson)}, a bare insertMany over one connection ` +
      `${show(took.one)}, over two ${show(took.two)}`,
  );
  const cpu = { node: middle(took.shard, 'cpu'), ...servers };
  const least = leastWall(cpu) / middle(took.two, 'wall');
  console.log(`  ${floorLine(cpu)}, ${least.toFixed(2)} times that insertMany`);
}

function middle(figures: readonly Took[], of: keyof Took): number {
  return median(figures.map((each) => each[of]));
}

async function timed(work: () => Promise<unknown>): Promise<Took> {
  const before = process.cpuUsage();
  const started = performance.now();
  await work();
  const wall = performance.now() - started;
  const { user, system } = process.cpuUsage(before);
  return { wall, cpu: (user + system) / 1000 };
}

/** Writes the same documents again, as they are. */
async function insert(all: readonly Document[][], sideBySide: boolean): Promise<void> {
  const { instances, prompts } = collectionsOf(services.db);
  const first = instances.insertMany(all[0] ?? []);
  if (!sideBySide) await first;
  await Promise.all([first, prompts.insertMany(all[1] ?? [])]);
}

/** The documents of a plan, which are there no longer then. */
async function take(name: (typeof NAMES)[number], id: ObjectId): Promise<Document[]> {
  const collection = collectionsOf(services.db)[name];
  const found = await collection.find({ task_id: id }).toArray();
  await collection.deleteMany({ task_id: id });
  return found;
}
