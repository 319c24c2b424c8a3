import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readLocalInclude, stageInclude } from '../../lib/catalogue/staging/local-include.ts';
import { Ledger } from '../../lib/ledger/ledger.ts';
import { Logger } from '../../lib/log/log.ts';
import { sweep } from '../../lib/sweep/sweep.ts';
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
/** Its 25 documents come to 1.5 million characters, where a request may come to a million. */
const LARGE = 'hostile_large';
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
  service = await startService(undefined, { REQUEST_MEGABYTES: '1' });
  const dir = mkdtempSync(join(tmpdir(), 'hostile-'));
  const task = (name: string, more: string) =>
    writeFileSync(join(dir, `${name}.yaml`), `task: ${name}\noutput_type: generate_until\ntest_split: test\n${more}\n`);
  for (const [name, text] of Object.entries(TEMPLATES))
    task(name, `dataset_path: own/capitals\ndoc_to_target: capital\ndoc_to_text: ${JSON.stringify(text)}`);
  task(LARGE, `dataset_path: gsm8k\ndataset_name: main\ndoc_to_target: "{{answer}}"\ndoc_to_text: "{{ 'x' * 30000 }}"`);
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
  await service.register([...NAMES, LARGE].join(','), [...NAMES, LARGE], { include_path: 'hostile' });
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

it('a request that comes to more than it may is refused once, with its reason, and leaves nothing; a redrive says the same', async () => {
  const { db } = service;
  const asked = { framework: 'lmeh', include_path: 'hostile', tasks: LARGE, qty: 25 };
  await service.send('SAMPLE', JSON.stringify({ ...asked, requester_args: { address: 'large', service: 's' } }));
  const honest = await Promise.all([1, 2, 3].map(() => service.sample({ tasks: 'gsm8k', qty: 5 })));
  expect(honest.map(([task]) => task?.['total_instances'])).toEqual([5, 5, 5]);
  const plans = db.collection('sample_requests');
  // The stack's own clock may sweep it at any time.
  const over = { task: LARGE, state: { $in: ['failed', 'sweeping', 'swept'] } };
  const plan = await service.until(async () => (await plans.findOne(over)) ?? undefined);
  const reason = {
    code: 'RequestTooLarge',
    message: expect.stringMatching(/^Task hostile_large(, at document \d+)?: .* more than 1000000 characters together/),
  };
  expect(plan['error']).toMatchObject(reason);
  const letter = await service.deadLetter('SHARD', String(plan._id));
  expect(letter).toMatchObject(reason);
  const left = async () => {
    const of = { task_id: plan._id };
    const [tasks, instances, prompts] = await Promise.all([
      db.collection('tasks').countDocuments({ _id: plan._id }),
      db.collection('instances').countDocuments(of),
      db.collection('prompts').countDocuments(of),
    ]);
    return { tasks, instances, prompts };
  };
  // None of its shards is at work any more.
  const swept = () => sweep(db, new Ledger(db, 60_000), new Logger('error'), 0);
  const nothing = { tasks: 0, instances: 0, prompts: 0 };
  await service.until(async () => {
    await swept();
    return (await plans.findOne({ _id: plan._id }))?.['state'] === 'swept' || undefined;
  });
  expect(await left()).toEqual(nothing);

  await service.redrive('SHARD', ({ body }) => body.includes(String(plan._id)));
  const again = await service.until(async () => (await plans.findOne({ ...over, attempt: 2 })) ?? undefined);
  expect(again['error']).toMatchObject(reason);
  await service.until(async () => {
    await swept();
    return (await plans.findOne({ _id: plan._id }))?.['state'] === 'swept' || undefined;
  });
  expect(await left()).toEqual(nothing);
});

const text = (StringValue: string) => ({ DataType: 'String', StringValue });

it('a message under the identity of a request that is there is refused, and the request stays as it is', async () => {
  const plans = service.db.collection('sample_requests');
  const [task] = await service.sample({ tasks: 'gsm8k', qty: 3 });
  const before = await plans.findOne({ _id: task?.['_id'] });
  const body = JSON.stringify({
    framework: 'lmeh',
    tasks: 'gsm8k',
    qty: 4,
    requester_args: { address: 'forged', service: 's' },
  });
  const id = await service.send('SAMPLE', body, { 'request-id': text(String(before?.['request_id'])) });
  const letter = await service.deadLetter('SAMPLE', '"forged"');
  expect(letter).toMatchObject({
    code: 'BadMessage',
    message: expect.stringContaining(`Its attribute request-id names the request ${before?.['request_id']}`),
  });
  expect(await plans.findOne({ request_id: id })).toMatchObject({
    state: 'rejected',
    body,
    error: { code: 'BadMessage' },
  });
  expect(await plans.findOne({ _id: task?.['_id'] })).toEqual(before);
});

it.each<[string, Record<string, { DataType: string; StringValue?: string; BinaryValue?: Uint8Array }>]>([
  ['of bytes under the names of ours', { 'request-id': { DataType: 'Binary', BinaryValue: Buffer.from([255, 0]) } }],
  ['of numbers under the names of ours', { 'request-id': { DataType: 'Number', StringValue: '-0.1e5' } }],
  [
    'ten of them, long and of other types',
    Object.fromEntries(
      Array.from({ length: 10 }, (_, i) => [`a.${i}`, { DataType: `String.${i}`, StringValue: '😀'.repeat(2000) }]),
    ),
  ],
  ['an identity of other characters', { 'request-id': text('$where: 😀\n../..') }],
  ['an identity of 300 characters', { 'request-id': text('i'.repeat(300)) }],
  ['the names of what every object has', { __proto__x: text('p'), constructor: text('c'), toString: text('t') }],
])('attributes of a sample message (%s) change nothing', async (what, attributes) => {
  const address = `attributes ${what}`;
  const body = { framework: 'lmeh', tasks: 'gsm8k', qty: 2, requester_args: { address, service: 's' } };
  const id = await service.send('SAMPLE', JSON.stringify(body), attributes);
  const task = await service.until(
    async () => (await service.db.collection('tasks').findOne({ 'requester_args.address': address })) ?? undefined,
  );
  const own = Object.keys(attributes).includes('request-id') && attributes['request-id']?.DataType === 'Number';
  expect(await service.db.collection('sample_requests').findOne({ _id: task._id })).toMatchObject({
    request_id: own ? '-0.1e5' : id,
    state: 'done',
  });
});

it('an evaluate message for a task that is not there has its outcome under its id', async () => {
  const task_id = '0'.repeat(24);
  const id = await service.send('EVALUATE', JSON.stringify({ task_id }));
  const record = await service.until(
    async () => (await service.db.collection('sample_requests').findOne({ request_id: id })) ?? undefined,
  );
  expect(record).toMatchObject({
    state: 'dropped',
    error: { message: expect.stringContaining(`There is no task ${task_id}`) },
  });
});

it.each([
  ['half a surrogate pair in a name', '{"framework":"lmeh","tasks":"\\ud800 half","qty":1}', 'BadMessage'],
  [
    'signs that SQS does not take',
    '{"framework":"lmeh","tasks":"\\u0000\\u0001\\uffff signs","qty":1,"requester_args":{"address":"a","service":"s"}}',
    'UnknownTask',
  ],
  [
    'names of a million signs of four bytes',
    JSON.stringify({ framework: 'lmeh', tasks: `${'😀'.repeat(200_000)} many`, qty: 1 }),
    'BadMessage',
  ],
  [
    'many tasks, none of which is there',
    JSON.stringify({
      framework: 'lmeh',
      tasks: Array.from({ length: 4000 }, (_, i) => `none ${i}`).join(),
      qty: 1,
      requester_args: { address: 'a', service: 's' },
    }),
    'UnknownTask',
  ],
  ['a body as long as can be', `{"framework":"lmeh","long":"${'é'.repeat(523_000)}"}`, 'BadMessage'],
])('a sample message with %s is refused, with a record of a few kilobytes', async (_, body, code) => {
  const id = await service.send('SAMPLE', body);
  const plans = service.db.collection('sample_requests');
  const record = await service.until(async () => (await plans.findOne({ request_id: id })) ?? undefined);
  expect(record).toMatchObject({ state: 'rejected', error: { code } });
  expect(Buffer.byteLength(String(record['error'].message))).toBeLessThanOrEqual(4096);
  expect(Buffer.byteLength(JSON.stringify(record))).toBeLessThan(64 * 1024);
  expect((await service.deadLetter('SAMPLE', body.slice(0, 100))).code).toBe(code);
});
