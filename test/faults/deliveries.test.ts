import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { LEASE_EXPIRED, Ledger } from '../../lib/ledger/ledger.ts';
import { unfinishedShards } from '../../lib/ledger/records.ts';
import { readIdList } from '../../lib/plan/id-list.ts';
import { sweep } from '../../lib/sweep/sweep.ts';
import { between, shuffled } from './chance.ts';
import { killAt } from './killing.ts';
import { countMessages, purge, redrive, sendAll, takeAll } from './queues.ts';
import { useScene } from './use-scene.ts';
import { countLeftOver } from './verdict.ts';
import { mongoWire } from './wire.ts';

const own = useScene();

test('without a fault the documents are those of one undivided run', async () => {
  const requests = own.some(2, 20);
  own.scene.workers.start(['sample', 'shard']);
  await own.scene.send(requests);
  await own.scene.untilDone(requests);
  await own.scene.workers.stopAll();
  await own.expectNoTrace('none', 1, requests);
});

test('every message delivered one to five times, shuffled, to several processes: one answer each', async () => {
  const requests = [...own.some(6, 40), ...own.small(6)];
  const copied = <T>(items: readonly T[]) =>
    shuffled(items.flatMap((item) => Array.from({ length: between(1, 5) }, () => item)));
  const asked = copied(requests.map(({ message }) => message));
  await sendAll(own.scene.sqs, own.scene.sampleUrl, asked);
  const planners = [own.scene.workers.start(['sample']), own.scene.workers.start(['sample'])];
  await own.scene.until('all are planned', async () => (await countMessages(own.scene.sqs, own.scene.sampleUrl)) === 0);
  await Promise.all(planners.map((planner) => planner.stop()));
  const shards = copied(await takeAll(own.scene.sqs, own.scene.shardUrl));
  await sendAll(own.scene.sqs, own.scene.shardUrl, shards);
  for (let i = 0; i < 3; i++) own.scene.workers.start(['shard']);
  await own.scene.untilDone(requests);
  await own.scene.workers.stopAll();
  await own.expectNoTrace('message delivered 1 to 5 times', asked.length + shards.length, requests);
});

test('work that takes longer than the visibility time-out is done by several at once, and counts once', async () => {
  const several = own.some(2, 20);
  const requests = [...several, ...own.small(2)];
  const shards = several.length * 4 + 2;
  const wire = await mongoWire(own.scene.servers.mongoPort, async ({ command }) => {
    if (command === 'insert' || command === 'findAndModify') await sleep(400);
    return true;
  });
  await Promise.all(requests.map((request) => own.scene.plan(request)));
  for (let i = 0; i < 3; i++) own.scene.workers.start(['shard'], { MONGODB_URI: own.scene.mongoUriAt(wire.port) });
  await own.scene.untilDone(requests);
  await own.scene.workers.stopAll();
  wire.close();
  await own.expectNoTrace('visibility shorter than the work', shards, requests);
});

test('two plans of one request at a time make one; of two requests of a kind one is carried out', async () => {
  const twins = own.some(6, 10);
  await Promise.all(twins.flatMap((twin) => [own.scene.plan(twin), own.scene.plan(twin)]));
  const pairs = own.some(6, 10).map((request) => [request, own.scene.rival(request)] as const);
  await Promise.all(pairs.flat().map((request) => own.scene.plan(request)));
  const planned = await Promise.all(
    pairs.map(async ([one, other]) => {
      const both = [one, other].map(async (request) => ((await own.scene.record(request.plan)) ? [request] : []));
      return (await Promise.all(both)).flat();
    }),
  );
  expect(planned.map((carriedOut) => carriedOut.length)).toEqual(pairs.map(() => 1));
  const requests = [...twins, ...planned.flat()];
  own.scene.workers.start(['shard']);
  own.scene.workers.start(['shard']);
  await own.scene.untilDone(requests);
  await own.scene.workers.stopAll();
  await own.expectNoTrace('two plans at a time', twins.length + pairs.length, requests);
});

test('processes whose clocks are hours off: no request is abandoned early, and one answer each', async () => {
  const requests = [...own.some(2, 20), ...own.small(2)];
  const hours = (ahead: number) => ({ CLOCK_AHEAD_MS: String(ahead * 3_600_000) });
  const ledger = new Ledger(own.scene.db, 3_600_000);
  const expired: number[] = [];
  const look = async () => expired.push((await sweep(own.scene.db, ledger, own.scene.log)).expired);
  own.scene.workers.start(['sample'], hours(-2));
  await own.scene.send(requests);
  const planned = async () => {
    const records = await Promise.all(requests.map(({ plan }) => own.scene.record(plan)));
    return records.every((record) => record !== null);
  };
  await own.scene.until('all are planned', planned);
  await look();
  own.scene.workers.start(['shard'], hours(2));
  own.scene.workers.start(['shard'], hours(-2));
  await own.scene.untilDone(requests);
  await look();
  await own.scene.workers.stopAll();
  expect(expired).toEqual([0, 0]);
  await own.expectNoTrace('clocks that are hours off', 3, requests);
});

test('a request whose messages are gone is abandoned and swept, with the reason; messages that come after all finish it', async () => {
  const requests = own.some(2, 20);
  const leaseMs = 1000;
  for (const request of requests) await own.scene.plan(request, { leaseMs });
  await killAt(
    own.scene,
    ['shard'],
    { command: 'findAndModify', collection: 'sample_requests', when: 'answered' },
    { LEASE_SECONDS: '1' },
  );
  await purge(own.scene.sqs, own.scene.shardUrl);
  const ledger = new Ledger(own.scene.db, leaseMs);
  const states = () => Promise.all(requests.map(async ({ plan }) => (await own.scene.record(plan))?.state));
  await own.scene.until('both are swept', async () => {
    await sweep(own.scene.db, ledger, own.scene.log, 0);
    return (await states()).every((state) => state === 'swept');
  });
  expect(await countLeftOver(own.scene.db)).toBe(0);
  const records = await Promise.all(requests.map(({ plan }) => own.scene.record(plan)));
  expect(records.map((record) => record?.error?.code)).toEqual([LEASE_EXPIRED, LEASE_EXPIRED]);
  const late = records.flatMap((record) => (record ? unfinishedShards({ ...record, progress: {} }).slice(-1) : []));
  await sendAll(
    own.scene.sqs,
    own.scene.shardUrl,
    late.map((body) => ({ body })),
  );
  own.scene.workers.start(['shard']);
  await own.scene.untilDone(requests);
  await own.scene.workers.stopAll();
  await own.expectNoTrace('request died, was swept and came back', requests.length, requests);
});

test('a shard that cannot be rendered fails its request with the reason; a redrive after the repair completes it', async () => {
  const requests = own.some(2, 20);
  for (const request of requests) await own.scene.plan(request);
  const docIds = await Promise.all(
    requests.map(async ({ plan }) => readIdList((await own.scene.record(plan))?.doc_ids ?? '').at(-1) ?? 0),
  );
  await own.scene.spoilRows(docIds);
  own.scene.workers.start(['shard']);
  const failed = async () => {
    const records = await Promise.all(requests.map(({ plan }) => own.scene.record(plan)));
    return records.map((record) => [record?.state, record?.error?.code].join(' '));
  };
  const dead = async () => (await countMessages(own.scene.sqs, `${own.scene.shardUrl}-dlq`)) >= requests.length;
  await own.scene.until('the shards are in the dead-letter queue', dead, false);
  expect(await failed()).toEqual(['failed TemplateFailed', 'failed TemplateFailed']);
  await own.scene.mendRows();
  await redrive(own.scene.sqs, own.scene.shardUrl);
  await own.scene.untilDone(requests);
  await own.scene.workers.stopAll();
  await own.expectNoTrace('shard redriven from the dead-letter queue', requests.length, requests);
});
