import { afterAll, beforeAll, expect, test } from 'vitest';
import { openScene, type Scene } from './scene.ts';
import { tableOf, type Verdict } from './verdict.ts';

let scene: Scene;
const verdicts: Verdict[] = [];

beforeAll(async () => {
  scene = await openScene();
});
afterAll(async () => {
  await scene?.dispose();
  console.log(tableOf(verdicts));
});

test('without a fault the documents are those of one undivided run', async () => {
  const requests = Array.from({ length: 2 }, () => scene.request(20));
  scene.workers.start(['sample', 'shard']);
  await scene.send(requests);
  await scene.untilDone(requests);
  await scene.workers.stopAll();
  expect(await scene.judge('none', 1, requests)).toMatchObject({ lost: 0, doubled: 0, leftOver: 0 });
});
