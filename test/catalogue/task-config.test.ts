import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type ConfigDict, type ConfigValue, decodeValue, encodeValue } from '../../lib/catalogue/config-value.ts';
import { FunctionRef } from '../../lib/catalogue/function-ref.ts';
import { hooksOf, requireSupported, supportOf } from '../../lib/catalogue/support.ts';
import { toTaskConfig } from '../../lib/catalogue/task-config.ts';
import { loadYaml } from '../../lib/catalogue/yaml/yaml.ts';
import { dumps, loads } from '../../lib/python/json.ts';
import { PyOpaque, PyTuple } from '../../lib/python/value.ts';
import { value as pyValue } from '../helpers/python-values.ts';
import { taskYaml } from './roots.ts';

const configOf = (more = ''): ConfigDict => {
  const value = loadYaml(taskYaml('t', more), 'f');
  if (!(value instanceof Map)) throw new Error('no mapping');
  return value;
};
const supportWith = (more: string, supported: string[] = []) =>
  supportOf({ name: 't', yaml: 'f/t.yaml', config: configOf(more), problem: null }, new Set(supported));

describe('the typed configuration', () => {
  test("has the harness's defaults", () => {
    expect(toTaskConfig(configOf())).toEqual({
      task: 't',
      dataset_path: 'some/data',
      dataset_name: null,
      data_files: null,
      training_split: null,
      validation_split: null,
      test_split: 'test',
      fewshot_split: null,
      output_type: 'generate_until',
      process_docs: null,
      doc_to_text: 'q',
      doc_to_target: 'a',
      doc_to_choice: null,
      gen_prefix: null,
      description: '',
      target_delimiter: ' ',
      fewshot_delimiter: '\n\n',
      fewshot_config: null,
      num_fewshot: null,
      generation_kwargs: new Map<string, unknown>([
        ['until', ['\n\n']],
        ['do_sample', false],
        ['temperature', 0n],
      ]),
      repeats: 1,
      metrics: ['exact_match'],
    });
  });

  test('temperature becomes a float in its place, and a missing until comes last', () => {
    const kwargs = toTaskConfig(
      configOf('fewshot_delimiter: "#"\ngeneration_kwargs: {temperature: 1, top_k: 2}'),
    ).generation_kwargs;
    expect([...(kwargs ?? [])]).toEqual([
      ['temperature', 1],
      ['top_k', 2n],
      ['until', ['#']],
    ]);
    expect(toTaskConfig(configOf('generation_kwargs: {temperature: "0.5", until: null}')).generation_kwargs).toEqual(
      new Map<string, unknown>([
        ['temperature', 0.5],
        ['until', null],
      ]),
    );
    expect(toTaskConfig(configOf('output_type: multiple_choice')).generation_kwargs).toBeNull();
  });

  test('an empty text is set, null is not', () => {
    const { fewshot_config: own } = toTaskConfig(configOf('fewshot_config: {doc_to_target: "", doc_to_text: null}'));
    expect(own).toEqual({
      sampler: 'default',
      samples: null,
      doc_to_text: null,
      doc_to_target: '',
      doc_to_choice: null,
    });
  });

  test('metrics are named in order, functions by their names', () => {
    const config = configOf('metric_list: [{metric: acc_mutual_info}, {metric: !function m.score}]');
    expect(toTaskConfig(config).metrics).toEqual(['acc_mutual_info', 'score']);
  });

  test.each([
    ['dataset_path', 'dataset_path: null'],
    ['num_fewshot', 'num_fewshot: "3"'],
    ['num_fewshot', 'num_fewshot: -1'],
    ['repeats', 'repeats: 1.5'],
    ['target_delimiter', 'target_delimiter: null'],
    ['test_split', 'test_split: [a]'],
    ['output_type', 'output_type: chat'],
    ['process_docs', 'process_docs: text'],
    ['fewshot_config.samples', 'fewshot_config: {samples: [1]}'],
    ['fewshot_config', 'fewshot_config: []'],
    ['metric_list', 'metric_list: [acc]'],
    ['generation_kwargs', 'generation_kwargs: [1]'],
    ['temperature', 'generation_kwargs: {temperature: hot}'],
  ])('a wrong %s is refused by name', (field, yaml) => {
    expect(() => toTaskConfig(configOf(yaml))).toThrow(field);
    expect(() => toTaskConfig(configOf(yaml))).toThrow('Task t');
  });
});

describe('support', () => {
  test('functions that only score do not matter, functions of documents and fields are run when it is registered', () => {
    const yaml =
      'process_results: !function u.score\nmetric_list: [{metric: m, aggregation: !function u.mean}]\ndoc_to_choice: !function u.choices';
    expect(supportWith(yaml)).toMatchObject({ supported: true });
    expect(supportWith(`${yaml}\nfewshot_config: {doc_to_text: !function u.shown}`)).toMatchObject({ supported: true });
    const prefixed = `${yaml}\ngen_prefix: !function u.prefix`;
    expect(supportWith(prefixed)).toMatchObject({ supported: false, code: 'UnsupportedHook', hook: 'f/u.prefix' });
    expect(hooksOf(configOf(yaml), 'scoring')).toEqual(['f/u.score', 'f/u.mean']);
    expect(hooksOf(configOf(yaml), 'sampling')).toEqual(['f/u.choices']);
  });

  test.each([
    ['output type', 'output_type: loglikelihood_rolling'],
    ['multimodal', 'doc_to_image: [x]'],
    ['multimodal', 'doc_to_audio: !function u.f'],
    ['prompt library', 'use_prompt: "promptsource:*"'],
    ['data set options', 'dataset_kwargs: {trust_remote_code: true, data_files: {test: a.json}}'],
    ['data set options', 'dataset_kwargs: {data_dir: a}'],
    ['data set options', 'dataset_kwargs: {revision: v2}'],
    ['data set options', 'dataset_kwargs: {split: "test[:10]"}'],
    ['definition', 'group: old'],
    ['definition', 'dataset_path: null'],
    ['definition', 'test_split: null'],
    ['python class', 'class: !function u.Task'],
    ['data set in Python', 'custom_dataset: !function u.load'],
    ['hook', 'description: !function u.describe'],
    ['hook', 'fewshot_config: {samples: !function u.samples}'],
    ['hook', 'fewshot_config: {sampler: !function u.Sampler}'],
    ['hook', 'generation_kwargs: {until: !function u.stop}'],
    ['sampler', 'fewshot_config: {sampler: balanced}'],
  ])('an obstacle of kind %s: %s', (obstacle, yaml) => {
    expect(supportWith(yaml)).toMatchObject({ supported: false, obstacle });
  });

  test('a refusal names task and hook', () => {
    const entry = { name: 't', yaml: '', config: configOf('gen_prefix: !function u.f'), problem: null };
    expect(() => requireSupported(entry, new Set())).toThrow(
      expect.objectContaining({ code: 'UnsupportedHook', permanent: true, context: { task: 't', hook: 'f/u.f' } }),
    );
    expect(() => requireSupported({ ...entry, problem: 'x includes y' }, new Set())).toThrow(
      "Task t can't be used: x includes y.",
    );
  });
});

test('every value survives being stored: types, key order, functions, and dicts that look like our own marks', () => {
  const special: fc.Arbitrary<ConfigValue> = fc.constantFrom<ConfigValue[]>(
    new FunctionRef('a', 'b', 'c'),
    new PyOpaque('2001-01-01', 'datetime.date(2001, 1, 1)', undefined),
    new PyOpaque('x', 'y', new Date(5)),
    new PyTuple([1n, 1]),
    new Map([['!function', ['a', 'b', 'c']]]),
    new Map([['!pairs', []]]),
    new Map<bigint | string, ConfigValue>([
      [1n, 1],
      ['1', 1n],
    ]),
  );
  const any: fc.Arbitrary<ConfigValue> = fc.oneof(
    pyValue,
    special,
    fc.array(special),
    fc.dictionary(fc.string(), special).map((dict) => new Map(Object.entries(dict))),
  );
  fc.assert(
    fc.property(any, (value) => {
      const stored = dumps(encodeValue(value), { ensureAscii: false, separators: [',', ':'] });
      expect(decodeValue(loads(stored))).toEqual(value);
    }),
  );
});
