import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readLocalInclude, stageInclude } from '../../lib/catalogue/staging/local-include.ts';
import { HOSTILE } from '../parquet/hostile.ts';
import { type RunningService, startService } from './running-service.ts';

/** A file of 83 bytes that claims lists of lists of a million items; where the folder is not there, one of its kind. */
const LIST_BOMB = join(import.meta.dirname, '..', '..', '..', 'shared', 'attacks', 'listbomb12.parquet');

/** Templates that would hold a process for hours: a search, a number, a match. */
const TEMPLATES: Record<string, string> = {
  hostile_search: "{% for i in range(10**9) %}{% if ('a' * 300000 ~ 'b') in 'a' * 600000 %}{% endif %}{% endfor %}",
  hostile_number: '{% for i in range(10**9) %}{% set x = (3**30000)|round(-20000) %}{% endfor %}',
  hostile_pattern: "{{ ('a' * 40 ~ 'b')|regex_replace('(a+)+$', '') }}",
};
const NAMES = Object.keys(TEMPLATES);
const FILES: Record<string, () => Uint8Array> = {
  bomb_lists: () => bombOf('a footer of lists of a million items in each other'),
  bomb_varint: () => madeBy('a footer of 200 kB of ff, where a number is due'),
  bomb_structs: () => madeBy('a schema of 30,000 structs in each other'),
};

function madeBy(kind: string): Uint8Array {
  const make = HOSTILE[kind];
  if (!make) throw new Error(`there is no hostile file "${kind}"`);
  return make();
}
function bombOf(kind: string): Uint8Array {
  if (existsSync(LIST_BOMB)) return readFileSync(LIST_BOMB);
  console.log('the folder of attacks is not there: the list bomb is one made here');
  return madeBy(kind);
}

let service: RunningService;

beforeAll(async () => {
  service = await startService();
  const dir = mkdtempSync(join(tmpdir(), 'hostile-'));
  const task = (name: string, more: string) =>
    writeFileSync(join(dir, `${name}.yaml`), `task: ${name}\noutput_type: generate_until\ntest_split: test\n${more}\n`);
  for (const [name, text] of Object.entries(TEMPLATES))
    task(name, `dataset_path: own/capitals\ndoc_to_target: capital\ndoc_to_text: ${JSON.stringify(text)}`);
  for (const [name, make] of Object.entries(FILES)) {
    task(name, `dataset_path: own/${name}\ndoc_to_target: a\ndoc_to_text: "{{q}}"`);
    await service.bucket.put(`datasets/own/${name}/default/test/0000.parquet`, make());
  }
  await stageInclude(service.bucket, await readLocalInclude('hostile', dir), {
    index: new Map(),
    find: async () => null,
  });
});
afterAll(() => service?.stop());

it('files that claim far more than they hold are refused, and other messages go on', async () => {
  const bodies = Object.keys(FILES).map((tasks) =>
    JSON.stringify({ framework: 'lmeh', tasks, include_path: 'hostile' }),
  );
  await Promise.all(bodies.map((body) => service.send('REGISTER', body)));
  await service.register('gsm8k', ['gsm8k']);
  await service.register(NAMES.join(','), NAMES, { include_path: 'hostile' });
  for (const [i, body] of bodies.entries()) {
    const name = Object.keys(FILES)[i] ?? '';
    expect(await service.deadLetter('REGISTER', body)).toMatchObject({
      code: 'DatasetInvalid',
      message: expect.stringContaining(`own/${name}/default/test/0000.parquet`),
    });
    expect(await service.db.collection('sample_requests').findOne({ body })).toMatchObject({ state: 'rejected' });
  }
});

it('twenty honest requests behind three hostile ones are done, and the hostile ones refused for good by name', async () => {
  const started = performance.now();
  const asked = { framework: 'lmeh', include_path: 'hostile', qty: 8 };
  for (const tasks of NAMES)
    await service.send(
      'SAMPLE',
      JSON.stringify({ ...asked, tasks, requester_args: { address: `a-${tasks}`, service: 's' } }),
    );
  const honest = await Promise.all(Array.from({ length: 20 }, () => service.sample({ tasks: 'gsm8k', qty: 5 })));
  const seconds = (performance.now() - started) / 1000;
  console.log(`20 honest requests sent behind 3 hostile ones were done after ${seconds.toFixed(1)} s`);
  expect(honest.map(([task]) => task?.['total_instances'])).toEqual(Array.from({ length: 20 }, () => 5));

  const plans = service.db.collection('sample_requests');
  for (const task of NAMES) {
    const plan = await service.until(async () => (await plans.findOne({ task })) ?? undefined);
    const letter = await service.deadLetter('SHARD', String(plan._id));
    expect(letter).toMatchObject({
      code: 'TemplateFailed',
      message: expect.stringMatching(new RegExp(`^Task ${task}, document \\d+: Template line 1, near "{`)),
    });
    const failed = await plans.findOne({ task });
    expect(failed).toMatchObject({ state: 'failed', error: { code: 'TemplateFailed', message: letter.message } });
    expect(await service.db.collection('tasks').findOne({ tasks: task })).toBeNull();
  }
});
