import { describe, expect, it } from 'vitest';
import type { ConfigDict, ConfigValue } from '../../lib/catalogue/config-value.ts';
import type { TaskEntry } from '../../lib/catalogue/entry.ts';
import { FunctionRef } from '../../lib/catalogue/function-ref.ts';
import { SamplerError } from '../../lib/errors/errors.ts';
import { chooseTask } from '../../lib/plan/choose-task.ts';
import { decodePlan, encodePlan, type Plan, supplierOf } from '../../lib/plan/plan.ts';
import type { PyValue } from '../../lib/python/value.ts';
import { errorOf } from '../helpers/error-of.ts';

function entry(name: string, output_type: string, more: Record<string, ConfigValue> = {}): TaskEntry {
  const config: ConfigDict = new Map<PyValue, ConfigValue>(
    Object.entries({
      task: name,
      dataset_path: 'own/data',
      output_type,
      doc_to_text: '{{q}}',
      doc_to_target: 'a',
      ...more,
    }),
  );
  return { name, yaml: `own/${name}.yaml`, config, problem: null };
}

const PLAN: Plan = {
  task: 'own',
  resolvedTask: 'own_generative',
  requestType: 'generate_until',
  shotsInEffect: 5,
  repeats: 1,
  docCount: 3,
  seed: -(2n ** 63n),
  evalSplit: 'test',
  entry: entry('own', 'generate_until', {
    process_docs: new FunctionRef('own', 'utils', 'process_docs'),
    generation_kwargs: new Map<PyValue, ConfigValue>([
      ['until', ['\n']],
      ['temperature', 0],
    ]),
  }),
  asked: {
    framework: 'lmeh',
    requesterArgs: new Map<PyValue, PyValue>([
      ['address', 'é"\u2028'],
      ['service', 's'],
      ['headers', new Map([['__proto__', 'x']])],
    ]),
    blacklist: [3, 1, 3],
    llmArgs: new Map<PyValue, PyValue>([
      ['10', 1n],
      ['2', 1],
      ['x', null],
    ]),
    shotsAsked: null,
    genKwargs: new Map<PyValue, PyValue>([
      ['b', 1],
      ['a', 1n],
      ['big', 2n ** 62n],
      ['off', Number.POSITIVE_INFINITY],
    ]),
    bootstrapIters: 100000,
    systemInstruction: '',
    applyChatTemplate: true,
    fewshotAsMultiturn: false,
    confirmRunUnsafeCode: false,
  },
};

/** A plan of our own as the version before formats had numbers wrote it. */
const FROM_BEFORE =
  '{"task":"own","resolvedTask":"own","requestType":"generate_until","numFewshot":2,"repeats":1,"docCount":4,"seed":12,' +
  '"evalSplit":"test","entry":{"name":"own","yaml":"own/own.yaml","config":{"task":"own","dataset_path":"own/data",' +
  '"test_split":"test","output_type":"generate_until","doc_to_text":"q"},"problem":null},"message":{"framework":"lmeh",' +
  '"requesterArgs":{"address":"a","service":"s","method":"POST","path":"/v1/chat/completions",' +
  '"headers":{"Content-Type":"application/json"}},"llmArgs":{"tokenizer_backend":null},"genKwargs":null,' +
  '"systemInstruction":"","applyChatTemplate":true,"fewshotAsMultiturn":true,"confirmRunUnsafeCode":false,' +
  '"blacklist":[3,1],"numFewshot":null,"bootstrapIters":100000},"tableVersion":"v1"}';

describe('a plan kept as text', () => {
  it('comes back whole: ints, floats, key order, functions, nulls and empty texts', () => {
    const read = decodePlan(encodePlan(PLAN));
    expect(read).toEqual(PLAN);
    expect([...read.asked.llmArgs]).toEqual([...PLAN.asked.llmArgs]);
    expect([...(read.asked.genKwargs ?? [])]).toEqual([...(PLAN.asked.genKwargs ?? [])]);
    expect([...read.entry.config.keys()]).toEqual([...PLAN.entry.config.keys()]);
    expect(encodePlan(read)).toBe(encodePlan(PLAN));
  });

  it('null stays null where empty means something else', () => {
    const asked = { ...PLAN.asked, genKwargs: null, systemInstruction: null, shotsAsked: 0 };
    expect(decodePlan(encodePlan({ ...PLAN, asked })).asked).toEqual(asked);
    const blank = { ...PLAN.asked, genKwargs: '' as const };
    expect(decodePlan(encodePlan({ ...PLAN, asked: blank })).asked.genKwargs).toBe('');
    const empty = { ...PLAN.asked, genKwargs: new Map() };
    expect(decodePlan(encodePlan({ ...PLAN, asked: empty })).asked.genKwargs).toEqual(new Map());
  });

  it('says which supplier it is for', () => {
    expect(supplierOf(PLAN)).toEqual({ address: 'é"\u2028', service: 's' });
  });

  it('says its format', () => {
    expect(encodePlan(PLAN)).toMatch(/^{"format":2,/);
  });

  it('one that a later version wrote is refused by its number, as what a deployment may fix; whatever else it holds', () => {
    for (const later of ['{"format":4}', encodePlan(PLAN).replace('"format":2', '"format":4,"new":{"a":[1.5]}')]) {
      const error = errorOf(() => decodePlan(later));
      expect(error).toMatchObject({ code: 'PlanUnreadable', permanent: false });
      expect(error.message).toMatch(/format 4\b.* up to 3\b.*npx sampler dlq redrive shard/);
    }
  });

  it('one of the format before is read', () => {
    const before = encodePlan(PLAN).replace('"format":2', '"format":1');
    expect(decodePlan(before)).toEqual(PLAN);
  });

  it('is of the newest format only where functions made its documents, so that programs before can read all others', () => {
    expect(encodePlan(PLAN)).toMatch(/^\{"format":2,/);
    const made = encodePlan({ ...PLAN, processed: 'key' });
    expect(made).toMatch(/^\{"format":3,/);
    expect(decodePlan(made)).toEqual({ ...PLAN, processed: 'key' });
  });

  it("keeps the Manager's seed", () => {
    const plan = { ...PLAN, randomSeed: -5n };
    expect(decodePlan(encodePlan(plan))).toEqual(plan);
  });

  it("keeps the configuration's style of requests", () => {
    const requestStyle = { chatTokensField: 'max_completion_tokens', leaveOut: ['top_p'], defaultTokens: 9 } as const;
    expect(decodePlan(encodePlan({ ...PLAN, requestStyle }))).toEqual({ ...PLAN, requestStyle });
  });

  it('one from before there were numbers is read, by the names that its fields had then', () => {
    const { shotsInEffect, asked, ...plan } = decodePlan(FROM_BEFORE);
    expect({ task: plan.task, docCount: plan.docCount, seed: plan.seed, tableVersion: plan.tableVersion }).toEqual({
      task: 'own',
      docCount: 4,
      seed: 12n,
      tableVersion: 'v1',
    });
    expect([shotsInEffect, asked.shotsAsked, asked.genKwargs, asked.systemInstruction]).toEqual([2, null, null, '']);
  });

  it.each([
    ['no JSON', '{"format":2'],
    ['no object', '[1]'],
    ['empty', '{}'],
    ['a field short', encodePlan(PLAN).replace('"task":"own",', '')],
    ['with a field of another name', encodePlan(PLAN).replace('"task":', '"other":')],
    ['without settings', encodePlan(PLAN).replace('"asked":{', '"asked":null,"x":{')],
    ['with a number that is none', encodePlan(PLAN).replace('"format":2', '"format":"2"')],
    ['with a format that never was', encodePlan(PLAN).replace('"format":2', '"format":0')],
  ])('text that is %s can never be read', (_what, encoded) => {
    expect(errorOf(() => decodePlan(encoded))).toMatchObject({ code: 'PlanUnreadable', permanent: true });
  });
});

describe('the task that is rendered for a task asked for', () => {
  const known = new Map([
    ['mc_generative', entry('mc_generative', 'generate_until')],
    ['odd_generative', entry('odd_generative', 'multiple_choice')],
  ]);
  const choose = (asked: TaskEntry, chat: boolean) => chooseTask(asked, chat, async (name) => known.get(name) ?? null);

  it('one that generates is itself on both paths', async () => {
    for (const chat of [true, false]) {
      const chosen = await choose(entry('gen', 'generate_until'), chat);
      expect([chosen.entry.name, chosen.requestType]).toEqual(['gen', 'generate_until']);
    }
  });

  it('a multiple-choice one is scored on the completions path', async () => {
    const chosen = await choose(entry('mc', 'multiple_choice'), false);
    expect([chosen.entry.name, chosen.requestType]).toEqual(['mc', 'loglikelihood']);
  });

  it('one that asks for one loglikelihood is asked on the completions path', async () => {
    const chosen = await choose(entry('one', 'loglikelihood'), false);
    expect([chosen.entry.name, chosen.requestType]).toEqual(['one', 'loglikelihood']);
  });

  it('on the chat path its twin takes its place', async () => {
    const chosen = await choose(entry('mc', 'multiple_choice'), true);
    expect([chosen.entry.name, chosen.config.task, chosen.requestType]).toEqual([
      'mc_generative',
      'mc_generative',
      'generate_until',
    ]);
  });

  it.each([
    ['has no twin', entry('alone', 'multiple_choice'), 'alone_generative'],
    ['has a twin that does not generate', entry('odd', 'multiple_choice'), 'odd_generative'],
    ['asks for one loglikelihood', entry('one', 'loglikelihood'), '/v1/completions'],
    ['is scored over whole documents', entry('roll', 'loglikelihood_rolling'), 'loglikelihood_rolling'],
  ])('on the chat path one that %s is refused, saying so', async (_what, asked, named) => {
    const error: unknown = await choose(asked, true).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(SamplerError);
    expect(error).toMatchObject({ code: 'UnsupportedTask', permanent: true, message: expect.stringContaining(named) });
  });
});
