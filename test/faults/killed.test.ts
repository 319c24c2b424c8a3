import { expect, inject, test } from 'vitest';
import { killAt, killByChance, killUntil, killWhileWorking } from './killing.ts';
import { countMessages, moveBack, sendAll } from './queues.ts';
import type { Request } from './scene.ts';
import { useScene } from './use-scene.ts';
import type { Passing } from './wire.ts';

const own = useScene();

test('processes killed at any time: nothing is lost or doubled', async () => {
  const kills = 70;
  const requests = await killWhileWorking(own.scene, {
    kills,
    processes: 3,
    ahead: 8,
    qty: () => 40,
    lifeAndDeath: (_, roles) => killByChance(own.scene.workers.start(roles)),
  });
  await own.expectNoTrace('process killed at any time', kills, requests);
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
  const requests = await killWhileWorking(own.scene, {
    kills,
    processes: 3,
    ahead: 6,
    qty: (request) => (request % 2 === 0 ? 5 : 10),
    lifeAndDeath: (life, roles) => killAt(own.scene, roles, at(life)),
  });
  await own.expectNoTrace('writer killed right before or after a write', kills, requests);
}, 600_000);

test('a process killed at any step of what it does for several requests together: each is written once', async () => {
  const requests: Request[] = [];
  // Of what both functions do, these are only sent for several: one request is planned, and its plan marked done, otherwise.
  const planned = { command: 'insert', collection: 'sample_requests' };
  const marked = { command: 'update', collection: 'sample_requests' };
  const planning = [
    ['find', 'sample_requests', 'answered'],
    ['insert', 'sample_requests', 'asked'],
    ['insert', 'sample_requests', 'answered'],
  ] as const;
  const writing = [
    ['update', 'sample_requests', 'asked'],
    ['update', 'sample_requests', 'answered'],
    ['insert', 'instances', 'answered'],
    ['insert', 'prompts', 'answered'],
    ['insert', 'tasks', 'answered'],
    ['commitTransaction', '', 'asked'],
    ['commitTransaction', '', 'answered'],
  ] as const;
  for (const [command, collection, when] of planning) {
    const some = own.small(12);
    // Without a name, as the Manager sends them.
    await sendAll(
      own.scene.sqs,
      own.scene.sampleUrl,
      some.map(({ message: { body } }) => ({ body })),
    );
    const after = command === 'find' ? undefined : planned;
    await killAt(own.scene, ['sample'], { command, collection, when }, {}, after);
    requests.push(...some);
  }
  for (const [command, collection, when] of writing) {
    const some = own.small(12);
    for (const request of some) await own.scene.plan(request);
    await killAt(own.scene, ['shard'], { command, collection, when }, {}, marked);
    requests.push(...some);
  }
  own.scene.workers.start(['sample', 'shard']);
  const recorded = async () => {
    const addresses = requests.map(({ parsed }) => parsed.requester_args.address);
    const found = await own.scene.db.collection('sample_requests').countDocuments({ address: { $in: addresses } });
    return found === requests.length;
  };
  await own.scene.until('all are planned', recorded);
  const begun = await Promise.all(
    requests.map(async (request) => {
      const { request_id: id, _id: plan } = await own.scene.recordOf(request);
      return { ...request, id, plan };
    }),
  );
  await own.scene.untilDone(begun);
  await own.scene.workers.stopAll();
  await own.expectNoTrace('killed at a step for several requests', planning.length + writing.length, begun);
}, 600_000);

const onLocalstack = test.skipIf(!inject('hasLocalstack'));

onLocalstack(
  'a message whose planner dies on it five times goes to the dead-letter queue by SQS; sent back under another id it finishes what was begun',
  async () => {
    // The first delivery asks for a note and records the plan in one command; later ones find their own note first.
    const at = (['update', 'insert'] as const).map((command): Passing => {
      return { command, collection: 'sample_requests', when: 'answered' };
    });
    const deadLetters = `${own.scene.sampleUrl}-dlq`;
    const requests: Request[] = [];
    let deaths = 0;
    for (const request of own.some(3, 20)) {
      await sendAll(own.scene.sqs, own.scene.sampleUrl, [{ body: request.message.body }]);
      const moved = async () => (await countMessages(own.scene.sqs, deadLetters)) > requests.length;
      deaths += await killUntil(own.scene, ['sample'], at, moved);
      const begun = await own.scene.recordOf(request);
      requests.push({ ...request, id: begun.request_id, plan: begun._id });
    }
    await moveBack(own.scene.sqs, deadLetters);
    own.scene.workers.start(['sample', 'shard']);
    await own.scene.untilDone(requests);
    await own.scene.workers.stopAll();
    expect(await own.scene.db.collection('sample_requests').countDocuments({ state: 'retrying' })).toBe(0);
    await own.expectNoTrace('planner died on its message until SQS moved it; redriven', deaths, requests);
  },
  600_000,
);
