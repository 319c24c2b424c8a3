import type { Db } from 'mongodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { undescribed } from './described.ts';
import { type RunningService, startService } from './running-service.ts';

let service: RunningService;
let db: Db;
const sample: RunningService['sample'] = (...args) => service.sample(...args);

beforeAll(async () => {
  service = await startService();
  db = service.db;
  const twin = 'mmlu_anatomy_generative';
  const tasks = ['gsm8k', 'bbh_cot_fewshot_boolean_expressions', 'mmlu_anatomy'];
  await service.register(tasks.join(', '), [...tasks, twin]);
});

afterAll(() => service?.stop());

describe('a sample request', () => {
  it('of several shards is one whole task, written once', async () => {
    const [task] = await sample({ tasks: 'gsm8k', qty: -1 });
    expect(task).toMatchObject({ qty: 25, total_instances: 25, done: false, tasks: 'gsm8k' });
    const docIds = await db.collection('instances').distinct('doc_id', { task_id: task?.['_id'] });
    expect(docIds).toEqual(Array.from({ length: 25 }, (_, i) => 40 + i));
  });

  it('with a seed picks the same documents again, none of them blacklisted', async () => {
    const request = { tasks: 'gsm8k', qty: 8, blacklist: [40, 41, 42], seed: 7 };
    const ids: unknown[] = [];
    for (let i = 0; i < 2; i++) {
      const [task] = await sample(request);
      expect(String(task?.['seed'])).toBe('7');
      ids.push(await db.collection('instances').distinct('doc_id', { task_id: task?.['_id'] }));
    }
    expect(ids[0]).toEqual(ids[1]);
    expect(ids[0]).toHaveLength(8);
    expect(ids[0]).not.toEqual(expect.arrayContaining([40]));
  });

  it('for several tasks makes a task of each, under its own name', async () => {
    const tasks = await sample({ tasks: 'gsm8k, bbh_cot_fewshot_boolean_expressions', qty: 3 }, 2);
    expect(tasks.map((task) => task['tasks']).sort()).toEqual(['bbh_cot_fewshot_boolean_expressions', 'gsm8k']);
  });

  it('for a multiple-choice task over chat asks its twin with the shots of the name asked for', async () => {
    const [task] = await sample({ tasks: 'mmlu_anatomy', qty: 2 });
    expect(task).toMatchObject({
      tasks: 'mmlu_anatomy',
      resolved_task: 'mmlu_anatomy_generative',
      num_fewshot: 5,
      request_type: 'generate_until',
    });
    const instance = await db.collection('instances').findOne({ task_id: task?.['_id'] });
    expect(instance).toMatchObject({ task_name: 'mmlu_anatomy_generative' });
  });

  it('for a multiple-choice task over completions asks for the likelihood of each choice', async () => {
    const [task] = await sample({ tasks: 'mmlu_anatomy', qty: 2 }, 1, { path: '/v1/completions' });
    expect(task).toMatchObject({ tasks: 'mmlu_anatomy', request_type: 'loglikelihood', qty: 2, total_instances: 8 });
    expect(task).not.toHaveProperty('resolved_task');
  });

  it('ignores repeated ids and their order', async () => {
    const [task] = await sample({ tasks: 'gsm8k', doc_ids: [44, 41, 44] });
    expect(task).toMatchObject({ qty: 2, total_instances: 2 });
  });

  it('ignores a blacklist outside the split', async () => {
    const [task] = await sample({ tasks: 'gsm8k', qty: 25, blacklist: [0, 1, 2] });
    expect(task).toMatchObject({ qty: 25, blacklist: [0, 1, 2] });
  });
});

describe('a message that can never succeed goes to the dead-letter queue at once, with its reason, and is recorded', () => {
  it.each<[string, unknown, string, RegExp]>([
    ['no JSON', '{"framework":', 'BadMessage', /not JSON/],
    ['unknown keys', message({ qty: 1, quantity: 2, foo: 1 }), 'BadMessage', /"quantity", "foo"/],
    [
      'an operator as address',
      message({ qty: 1, requester_args: { address: { $ne: null }, service: 's' } }),
      'BadMessage',
      /requester_args.address: must be text/,
    ],
    ['neither qty nor doc_ids', message({ qty: 0 }), 'BadMessage', /qty/],
    ['both qty and doc_ids', message({ qty: 1, doc_ids: [40] }), 'BadMessage', /not both/],
    ['an unknown task', message({ tasks: 'gsm8k,no_such_task', qty: 1 }), 'UnknownTask', /no_such_task/],
    [
      'a wildcard that matches nothing',
      message({ tasks: 'nothing_like_it*', qty: 1 }),
      'UnknownTask',
      /nothing_like_it/,
    ],
    [
      'a task that is not registered',
      message({ tasks: 'bbh_cot_fewshot_snarks', qty: 1 }),
      'NotRegistered',
      /bbh_cot_fewshot_snarks/,
    ],
    ['a task that makes its data set in Python', message({ tasks: 'ruler_vt', qty: 1 }), 'UnsupportedTask', /ruler_vt/],
    ['too many documents', message({ qty: 24, blacklist: [40, 41] }), 'TooFewDocuments', /24 .*23/],
    ['ids outside the split', message({ doc_ids: [39] }), 'DocIdsOutsideSplit', /39 .*40 to 64/],
    [
      'an unknown path',
      message({ qty: 1, requester_args: { address: 'a', service: 's', path: '/v2' } }),
      'UnsupportedPath',
      /\/v2/,
    ],
    [
      'a chat template on the completions path',
      message({
        qty: 1,
        apply_chat_template: true,
        requester_args: { address: 'a', service: 's', path: '/v1/completions' },
      }),
      'BadMessage',
      /apply_chat_template/,
    ],
    [
      'more shots than there are',
      message({ tasks: 'bbh_cot_fewshot_boolean_expressions', qty: 1, num_fewshot: 4 }),
      'FewshotUnavailable',
      /4 .*3 exist/,
    ],
    ['an include path that leaves', message({ qty: 1, include_path: '../harness' }), 'BadMessage', /include_path/],
  ])('%s', async (_, body, code, reason) => {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    await service.send('SAMPLE', text);
    const letter = await service.deadLetter('SAMPLE', text);
    expect(letter.code).toBe(code);
    expect(letter.message).toMatch(reason);
    const record = await db.collection('sample_requests').findOne({ body: text });
    expect(record).toMatchObject({ state: 'rejected', error: { code } });
  });

  it('a data set that is not staged', async () => {
    const body = JSON.stringify({ framework: 'lmeh', tasks: 'bbh_cot_fewshot_snarks' });
    await service.send('REGISTER', body);
    const letter = await service.deadLetter('REGISTER', body);
    expect(letter.code).toBe('DatasetMissing');
    expect(letter.message).toMatch(/SaylorTwift\/bbh\/snarks/);
  });
});

it('the record of every refusal is as docs/documents.md describes it', async () => {
  const { found, all } = await undescribed(db, 'sample_requests');
  expect(found).toEqual([]);
  expect(all).toBeGreaterThan(10);
});

function message(fields: Record<string, unknown>): Record<string, unknown> {
  return { framework: 'lmeh', tasks: 'gsm8k', requester_args: { address: 'refused', service: 's' }, ...fields };
}
