import { describe, expect, it } from 'vitest';
import type { ConfigDict, ConfigValue } from '../../lib/catalogue/config-value.ts';
import type { TaskEntry } from '../../lib/catalogue/entry.ts';
import { FunctionRef } from '../../lib/catalogue/function-ref.ts';
import { SamplerError } from '../../lib/errors/errors.ts';
import { chooseTask } from '../../lib/plan/choose-task.ts';
import { decodePlan, encodePlan, type Plan, supplierOf } from '../../lib/plan/plan.ts';
import type { PyValue } from '../../lib/python/value.ts';

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
  numFewshot: 5,
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
  message: {
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
    numFewshot: null,
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

describe('a plan kept as text', () => {
  it('comes back whole: ints, floats, key order, functions, nulls and empty texts', () => {
    const read = decodePlan(encodePlan(PLAN));
    expect(read).toEqual(PLAN);
    expect([...read.message.llmArgs]).toEqual([...PLAN.message.llmArgs]);
    expect([...(read.message.genKwargs ?? [])]).toEqual([...(PLAN.message.genKwargs ?? [])]);
    expect([...read.entry.config.keys()]).toEqual([...PLAN.entry.config.keys()]);
    expect(encodePlan(read)).toBe(encodePlan(PLAN));
  });

  it('null stays null where empty means something else', () => {
    const message = { ...PLAN.message, genKwargs: null, systemInstruction: null, numFewshot: 0 };
    expect(decodePlan(encodePlan({ ...PLAN, message })).message).toEqual(message);
    const empty = { ...PLAN.message, genKwargs: new Map() };
    expect(decodePlan(encodePlan({ ...PLAN, message: empty })).message.genKwargs).toEqual(new Map());
  });

  it('says which supplier it is for', () => {
    expect(supplierOf(PLAN)).toEqual({ address: 'é"\u2028', service: 's' });
  });

  it('text of another kind is refused', () => {
    expect(() => decodePlan('{}')).toThrow();
    expect(() => decodePlan(encodePlan(PLAN).replace('"task":', '"other":'))).toThrow();
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
    ['is scored over whole documents', entry('roll', 'loglikelihood_rolling'), 'loglikelihood_rolling'],
  ])('on the chat path one that %s is refused, saying so', async (_what, asked, named) => {
    const error: unknown = await choose(asked, true).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(SamplerError);
    expect(error).toMatchObject({ code: 'UnsupportedTask', permanent: true, message: expect.stringContaining(named) });
  });
});
