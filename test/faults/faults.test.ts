import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { LEASE_EXPIRED, Ledger } from '../../lib/ledger/ledger.ts';
import { unfinishedShards } from '../../lib/ledger/records.ts';
import { readIdList } from '../../lib/plan/id-list.ts';
import { sweep } from '../../lib/sweep/sweep.ts';
import { required } from '../helpers/stack.ts';
import { between, SEED, shuffled } from './chance.ts';
import { workCold } from './cold.ts';
import { flood } from './flood.ts';
import { killAt, killByChance, killUntil, killWhileWorking } from './killing.ts';
import { type Observer, startObserver } from './observer.ts';
import { type Outage, workThroughOutages, workThroughRestarts } from './outages.ts';
import { countMessages, moveBack, purge, redrive, sendAll, takeAll } from './queues.ts';
import { openScene, type Request, type Scene } from './scene.ts';
import { countLeftOver, tableOf, type Verdict } from './verdict.ts';
import { mongoWire, type Passing } from './wire.ts';

let scene: Scene;
let observer: Observer;
const verdicts: Verdict[] = [];

beforeAll(async () => {
  scene = await openScene();
  observer = startObserver(scene.db);
});

afterAll(async () => {
  await observer?.stop();
  await scene?.dispose();
  console.log(`Seed ${SEED}.\n${tableOf(verdicts)}`);
});

/** Notes what the fault did, and checks it against what it may do: nothing. */
async function expectNoTrace(fault: string, tried: number, requests: readonly Request[]): Promise<void> {
  const tasks = await scene.db.collection('tasks').countDocuments();
  await scene.until(
    'the observer has seen every task',
    async () => observer.seen === tasks || observer.parts.length > 0,
  );
  const verdict = await scene.judge(fault, tried, requests);
  verdicts.push(verdict);
  expect({ ...verdict, seenInPart: observer.parts }).toEqual({
    fault,
    tried,
    lost: 0,
    doubled: 0,
    leftOver: 0,
    seenInPart: [],
  });
}

function some(count: number, qty: number): Request[] {
  return Array.from({ length: count }, () => scene.request(qty));
}

/** Requests of one shard, which are written in one transaction. */
function small(count: number): Request[] {
  return some(count, 5);
}

test('without a fault the documents are those of one undivided run', async () => {
  const requests = some(2, 20);
  scene.workers.start(['sample', 'shard']);
  await scene.send(requests);
  await scene.untilDone(requests);
  await scene.workers.stopAll();
  await expectNoTrace('none', 1, requests);
});

test('processes killed at any time: nothing is lost or doubled', async () => {
  const kills = 70;
  const requests = await killWhileWorking(scene, {
    kills,
    processes: 3,
    ahead: 8,
    qty: () => 40,
    lifeAndDeath: (_, roles) => killByChance(scene.workers.start(roles)),
  });
  await expectNoTrace('process killed at any time', kills, requests);
}, 600_000);

test('the writer killed right before or after each of its writes: the task is written once', async () => {
  const writes = [
    ['insert', 'instances'],
    ['insert', 'prompts'],
    ['findAndModify', 'sample_requests'],
    ['insert', 'tasks'],
    ['commitTransaction', ''],
  ] as const;
  const places = writes.flatMap(([command, collection]) =>
    (['asked', 'answered'] as const).map((when) => ({ command, collection, when })),
  );
  const at = (life: number): Passing => places[life % places.length] ?? { command: '', collection: '', when: 'asked' };
  const kills = places.length * 3;
  const requests = await killWhileWorking(scene, {
    kills,
    processes: 3,
    ahead: 6,
    qty: (request) => (request % 2 === 0 ? 5 : 10),
    lifeAndDeath: (life, roles) => killAt(scene, roles, at(life)),
  });
  await expectNoTrace('writer killed right before or after a write', kills, requests);
}, 600_000);

test('every message delivered one to five times, shuffled, to several processes: one answer each', async () => {
  const requests = [...some(6, 40), ...small(6)];
  const copied = <T>(items: readonly T[]) =>
    shuffled(items.flatMap((item) => Array.from({ length: between(1, 5) }, () => item)));
  const asked = copied(requests.map(({ message }) => message));
  await sendAll(scene.sqs, scene.sampleUrl, asked);
  const planners = [scene.workers.start(['sample']), scene.workers.start(['sample'])];
  await scene.until('all are planned', async () => (await countMessages(scene.sqs, scene.sampleUrl)) === 0);
  await Promise.all(planners.map((planner) => planner.stop()));
  const shards = copied(await takeAll(scene.sqs, scene.shardUrl));
  await sendAll(scene.sqs, scene.shardUrl, shards);
  for (let i = 0; i < 3; i++) scene.workers.start(['shard']);
  await scene.untilDone(requests);
  await scene.workers.stopAll();
  await expectNoTrace('message delivered 1 to 5 times', asked.length + shards.length, requests);
});

test('work that takes longer than the visibility time-out is done by several at once, and counts once', async () => {
  const several = some(2, 20);
  const requests = [...several, ...small(2)];
  const shards = several.length * 4 + 2;
  const wire = await mongoWire(scene.servers.mongoPort, async ({ command }) => {
    if (command === 'insert' || command === 'findAndModify') await sleep(400);
    return true;
  });
  await Promise.all(requests.map((request) => scene.plan(request)));
  for (let i = 0; i < 3; i++) scene.workers.start(['shard'], { MONGODB_URI: scene.mongoUriAt(wire.port) });
  await scene.untilDone(requests);
  await scene.workers.stopAll();
  wire.close();
  await expectNoTrace('visibility shorter than the work', shards, requests);
});

test('MongoDB crashed or frozen in the middle of writes: the work continues where it was', async () => {
  const requests = [...some(4, 40), ...small(6)];
  const crash = () => scene.servers.crashMongo();
  const freeze = () => scene.servers.freezeMongo(1500);
  const place = (command: string, collection: string, when: Passing['when']): Passing => ({
    command,
    collection,
    when,
  });
  const outages: Outage[] = [
    { at: place('insert', 'instances', 'asked'), befalls: crash, passes: true },
    { at: place('insert', 'prompts', 'answered'), befalls: crash, passes: false },
    { at: place('insert', 'instances', 'asked'), befalls: freeze, passes: true },
    { at: place('commitTransaction', '', 'asked'), befalls: crash, passes: true },
    { at: place('findAndModify', 'sample_requests', 'answered'), befalls: crash, passes: false },
    { at: place('commitTransaction', '', 'answered'), befalls: crash, passes: false },
  ];
  await workThroughOutages(scene, requests, outages);
  await expectNoTrace('MongoDB stopped mid-write', outages.length, requests);
});

test('Postgres restarted while rows are read: the work continues', async () => {
  const requests = some(4, 40);
  const restarts = ['in order', 'at once', 'in order', 'at once'] as const;
  await workThroughRestarts(scene, requests, restarts);
  await expectNoTrace('Postgres restarted mid-read', restarts.length, requests);
});

test('each function, started while one of its servers is away, fails and works as soon as it is back', async () => {
  const { requests, processes, wrong, unexpected, leftOut, slowest } = await workCold(scene);
  console.log(
    `Cold: ${processes} processes, each with one of its servers away; back at work within ${slowest.toFixed(1)} s. ` +
      `Left out, as this machine can't: ${leftOut.join(', ') || 'nothing'}`,
  );
  expect({ wrong, unexpected }).toEqual({ wrong: [], unexpected: [] });
  await purge(scene.sqs, required(scene.env, 'REGISTER_QUEUE_URL'));
  scene.workers.start(['shard']);
  await scene.untilDone(requests);
  await scene.workers.stopAll();
  await expectNoTrace('cold start while a server is away', processes, requests);
}, 600_000);

test('two plans of one request at a time make one; of two requests of a kind one is carried out', async () => {
  const twins = some(6, 10);
  await Promise.all(twins.flatMap((twin) => [scene.plan(twin), scene.plan(twin)]));
  const pairs = some(6, 10).map((request) => [request, scene.rival(request)] as const);
  await Promise.all(pairs.flat().map((request) => scene.plan(request)));
  const planned = await Promise.all(
    pairs.map(async ([one, other]) => {
      const both = [one, other].map(async (request) => ((await scene.record(request.plan)) ? [request] : []));
      return (await Promise.all(both)).flat();
    }),
  );
  expect(planned.map((carriedOut) => carriedOut.length)).toEqual(pairs.map(() => 1));
  const requests = [...twins, ...planned.flat()];
  scene.workers.start(['shard']);
  scene.workers.start(['shard']);
  await scene.untilDone(requests);
  await scene.workers.stopAll();
  await expectNoTrace('two plans at a time', twins.length + pairs.length, requests);
});

test('a request whose messages are gone is abandoned and swept, with the reason; messages that come after all finish it', async () => {
  const requests = some(2, 20);
  const leaseMs = 1000;
  for (const request of requests) await scene.plan(request, { leaseMs });
  await killAt(
    scene,
    ['shard'],
    { command: 'findAndModify', collection: 'sample_requests', when: 'answered' },
    { LEASE_SECONDS: '1' },
  );
  await purge(scene.sqs, scene.shardUrl);
  const ledger = new Ledger(scene.db, leaseMs);
  const states = () => Promise.all(requests.map(async ({ plan }) => (await scene.record(plan))?.state));
  await scene.until('both are swept', async () => {
    await sweep(scene.db, ledger, scene.log, 0);
    return (await states()).every((state) => state === 'swept');
  });
  expect(await countLeftOver(scene.db)).toBe(0);
  const records = await Promise.all(requests.map(({ plan }) => scene.record(plan)));
  expect(records.map((record) => record?.error?.code)).toEqual([LEASE_EXPIRED, LEASE_EXPIRED]);
  const late = records.flatMap((record) => (record ? unfinishedShards({ ...record, progress: {} }).slice(-1) : []));
  await sendAll(
    scene.sqs,
    scene.shardUrl,
    late.map((body) => ({ body })),
  );
  scene.workers.start(['shard']);
  await scene.untilDone(requests);
  await scene.workers.stopAll();
  await expectNoTrace('request died, was swept and came back', requests.length, requests);
});

const onLocalstack = test.skipIf(!inject('hasLocalstack'));

onLocalstack(
  'a message whose planner dies on it five times goes to the dead-letter queue by SQS; sent back under another id it finishes what was begun',
  async () => {
    // The first delivery asks for a note and records the plan in one command; later ones find their own note first.
    const at = (['update', 'insert'] as const).map((command): Passing => {
      return { command, collection: 'sample_requests', when: 'answered' };
    });
    const deadLetters = `${scene.sampleUrl}-dlq`;
    const requests: Request[] = [];
    let deaths = 0;
    for (const request of some(3, 20)) {
      await sendAll(scene.sqs, scene.sampleUrl, [{ body: request.message.body }]);
      const moved = async () => (await countMessages(scene.sqs, deadLetters)) > requests.length;
      deaths += await killUntil(scene, ['sample'], at, moved);
      const begun = await scene.recordOf(request);
      requests.push({ ...request, id: begun.request_id, plan: begun._id });
    }
    await moveBack(scene.sqs, deadLetters);
    scene.workers.start(['sample', 'shard']);
    await scene.untilDone(requests);
    await scene.workers.stopAll();
    expect(await scene.db.collection('sample_requests').countDocuments({ state: 'retrying' })).toBe(0);
    await expectNoTrace('planner died on its message until SQS moved it; redriven', deaths, requests);
  },
  600_000,
);

test('a shard that cannot be rendered fails its request with the reason; a redrive after the repair completes it', async () => {
  const requests = some(2, 20);
  for (const request of requests) await scene.plan(request);
  const docIds = await Promise.all(
    requests.map(async ({ plan }) => readIdList((await scene.record(plan))?.doc_ids ?? '').at(-1) ?? 0),
  );
  await scene.spoilRows(docIds);
  scene.workers.start(['shard']);
  const failed = async () => {
    const records = await Promise.all(requests.map(({ plan }) => scene.record(plan)));
    return records.map((record) => [record?.state, record?.error?.code].join(' '));
  };
  const dead = async () => (await countMessages(scene.sqs, `${scene.shardUrl}-dlq`)) >= requests.length;
  await scene.until('the shards are in the dead-letter queue', dead, false);
  expect(await failed()).toEqual(['failed TemplateFailed', 'failed TemplateFailed']);
  await scene.mendRows();
  await redrive(scene.sqs, scene.shardUrl);
  await scene.untilDone(requests);
  await scene.workers.stopAll();
  await expectNoTrace('shard redriven from the dead-letter queue', requests.length, requests);
});

/** Messages of the flood; `npm run faults flood` makes it 20,000. */
const FLOOD = Number(process.env['FLOOD_MESSAGES'] ?? 100);

test('a flood of messages, a fifth of them bad in ten ways: each has its outcome, and memory stays flat', async () => {
  const { unaccounted, unexpected, megabytes, seconds, ...counts } = await flood(scene, FLOOD);
  console.log(
    `Flood: ${FLOOD} messages in ${seconds.toFixed(1)} s, ${(FLOOD / seconds).toFixed(0)} a second; ` +
      `${counts.tasks} tasks, ${counts.deadLetters} dead letters; the largest instance in each quarter: ${megabytes.join(', ')} MB`,
  );
  expect({ unaccounted: unaccounted.slice(0, 20), unexpected: unexpected.slice(0, 20) }).toEqual({
    unaccounted: [],
    unexpected: [],
  });
  const { good, bad } = counts;
  expect(counts).toEqual({ good, bad, tasks: good, deadLetters: bad });
  expect(good).toBe(FLOOD - bad);
  expect(await countLeftOver(scene.db)).toBe(0);
}, 3_600_000);
