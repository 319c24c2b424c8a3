import { expect, test } from 'vitest';
import { required } from '../helpers/stack.ts';
import { workCold } from './cold.ts';
import { type Outage, workThroughOutages, workThroughRestarts } from './outages.ts';
import { purge } from './queues.ts';
import { useScene } from './use-scene.ts';
import type { Passing } from './wire.ts';

const own = useScene();

test('MongoDB crashed or frozen in the middle of writes: the work continues where it was', async () => {
  const requests = [...own.some(4, 40), ...own.small(6)];
  const crash = () => own.scene.servers.crashMongo();
  const freeze = () => own.scene.servers.freezeMongo(1500);
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
  await workThroughOutages(own.scene, requests, outages);
  await own.expectNoTrace('MongoDB stopped mid-write', outages.length, requests);
});

test('Postgres restarted while rows are read: the work continues', async () => {
  const requests = own.some(4, 40);
  const restarts = ['in order', 'at once', 'in order', 'at once'] as const;
  await workThroughRestarts(own.scene, requests, restarts);
  await own.expectNoTrace('Postgres restarted mid-read', restarts.length, requests);
});

test('each function, started while one of its servers is away, fails and works as soon as it is back', async () => {
  const { requests, processes, wrong, unexpected, leftOut, slowest } = await workCold(own.scene);
  console.log(
    `Cold: ${processes} processes, each with one of its servers away; back at work within ${slowest.toFixed(1)} s. ` +
      `Left out, as this machine can't: ${leftOut.join(', ') || 'nothing'}`,
  );
  expect({ wrong, unexpected }).toEqual({ wrong: [], unexpected: [] });
  await purge(own.scene.sqs, required(own.scene.env, 'REGISTER_QUEUE_URL'));
  own.scene.workers.start(['shard']);
  await own.scene.untilDone(requests);
  await own.scene.workers.stopAll();
  await own.expectNoTrace('cold start while a server is away', processes, requests);
}, 600_000);
