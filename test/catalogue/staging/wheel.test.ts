import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { type ConfigDict, type ConfigValue, functionsIn, isConfigDict } from '../../../lib/catalogue/config-value.ts';
import { ownTasks } from '../../../lib/catalogue/definitions/own.ts';
import { FunctionRef } from '../../../lib/catalogue/function-ref.ts';
import { encodeSources, modulePath, sourcesNeeded } from '../../../lib/catalogue/sources.ts';
import { type CompiledHarness, compileHarness } from '../../../lib/catalogue/staging/compile.ts';
import { supportOf } from '../../../lib/catalogue/support.ts';
import { SUPPORTED_HOOKS } from '../../../lib/hooks/registry.ts';
import { describeValue, hasPyYaml, hasWheel, pyTasks, WHEEL } from '../yaml/pyyaml.ts';

/** Its file names a function first that its module does not have; PyYAML alone, which looks nothing up, reads it. */
const HARNESS_REFUSES = 'evalita-mp_ner-v2_fic_p1';

const RESOLVED = join(import.meta.dirname, '..', '..', '..', '..', 'shared', 'resolved.json');
const hasResolved = existsSync(RESOLVED);
if (!hasWheel) console.warn(`${WHEEL} is not there: tests of the harness's own tasks are skipped`);
if (!hasResolved) console.warn('../shared is not there: resolved configurations are not compared');

/** Configurations as the Python service resolved them; functions stand as `!fn module.name`. */
type Resolved = Record<string, { family: string; yaml: string; config: Record<string, unknown> }>;

describe.skipIf(!hasWheel)('the harness, compiled', () => {
  let harness: CompiledHarness;
  beforeAll(async () => {
    harness = await compileHarness(WHEEL);
  });

  test('all of it is there: tasks, classes, groups, tags, and 133 names defined twice', () => {
    const types = [...harness.wheel.index.values()].map(({ type }) => type);
    const number = (type: string) => types.filter((other) => other === type).length;
    expect(types).toHaveLength(11_274);
    expect([number('task'), number('python_task')]).toEqual([10_092, 30]);
    expect(harness.wheel.clashes.size).toBe(133);
    expect(harness.entries).toHaveLength(10_092 + 30 + 14);
  });

  test.skipIf(!hasPyYaml)(
    'every task has the path and configuration that PyYAML and the harness give, keys in order',
    () => {
      const theirs = pyTasks(WHEEL);
      let compared = 0;
      for (const { name, yaml, config } of harness.entries) {
        const their = theirs[name];
        if (!harness.wheel.tasks.has(name) || name === HARNESS_REFUSES) continue;
        // Samples that a function gives are read here; there the function stands.
        const [path, value] = their ?? ['', null];
        const ours = describeValue(withSampleFunction(config, JSON.stringify(value)));
        expect(yaml).toBe(path);
        expect(JSON.stringify(ours), name).toBe(JSON.stringify(value));
        compared++;
      }
      expect(compared).toBe(10_121);
    },
  );

  test('the one definition with a function that does not exist, which a later line replaces, is refused as by the harness', () => {
    const refused = harness.entries.filter(({ problem }) =>
      problem?.includes('does not exist; a later line replaces it'),
    );
    expect(refused.map(({ name }) => name)).toEqual([HARNESS_REFUSES]);
  });

  test('all tasks of the mission can be sampled, and every unsupported task says why', () => {
    const tasks = new Map(harness.entries.map((entry) => [entry.name, entry]));
    const names =
      'gsm8k arc_challenge hellaswag truthfulqa_mc2 winogrande mmlu_anatomy mmlu_anatomy_generative leaderboard_math_geometry_hard bbh_cot_fewshot_snarks mmlu_pro-category_law';
    for (const name of names.split(' ')) {
      const entry = tasks.get(name);
      expect(entry && supportOf(entry, SUPPORTED_HOOKS), name).toMatchObject({ supported: true });
    }
    for (const entry of harness.entries) {
      const support = supportOf(entry, SUPPORTED_HOOKS);
      if (!support.supported) expect(support.reason).toMatch(/^\w/);
    }
  });

  test.skipIf(!hasResolved)('the families resolve as they did for the Python service', () => {
    const resolved: Resolved = JSON.parse(readFileSync(RESOLVED, 'utf8'));
    const tasks = new Map(harness.entries.map((entry) => [entry.name, entry]));
    let compared = 0;
    for (const [name, { yaml, config }] of Object.entries(resolved)) {
      const entry = tasks.get(name);
      expect(entry?.yaml, name).toBe(yaml.replace(/^custom\//, ''));
      expect(plain(entry?.config ?? null), name).toEqual(expected(config, entry?.config ?? null));
      expect([...(entry?.config.keys() ?? [])], name).toEqual(Object.keys(config));
      compared++;
    }
    expect(compared).toBe(109);
  });

  test('few-shot samples given by a function stand in the catalogue, evaluated', () => {
    const entry = harness.entries.find(({ name }) => name === 'leaderboard_math_algebra_hard');
    const fewshot = entry?.config.get('fewshot_config');
    const samples = isConfigDict(fewshot) ? fewshot.get('samples') : null;
    const problems = Array.isArray(samples)
      ? samples.map((sample) => (isConfigDict(sample) ? sample.get('problem') : null))
      : [];
    expect(problems).toHaveLength(4);
    // One backslash and a line break, where the source has an escape and a continued line.
    expect(problems[3]).toMatch(/[^\\]\\\n6y/);
  });
});

describe.skipIf(!hasWheel)('the modules that are published with it', () => {
  test('are those of every function that a task names, and few', async () => {
    const { entries, modules } = await compileHarness(WHEEL);
    const sources = sourcesNeeded(entries, modules);
    const ours = ownTasks().tasks;
    const paths = entries
      .filter(({ name }) => !ours.has(name))
      .flatMap(({ config }) => functionsIn(config).map((ref) => modulePath(ref, sources)));
    expect(new Set(paths).size).toBeGreaterThan(400);
    expect([...new Set(paths)].filter((path) => !sources.has(path))).toEqual([]);
    expect(encodeSources(sources).length).toBeLessThan(1_000_000);
  });
});

test('our own tasks name functions of their own folder', () => {
  const { tasks, index } = ownTasks();
  expect([...index.keys()]).toEqual([...tasks.keys()]);
  expect(tasks.size).toBe(14);
  for (const entry of tasks.values()) expect(supportOf(entry, SUPPORTED_HOOKS)).toMatchObject({ supported: true });
});

/** The configuration with the samples function back in its place, where PyYAML has one. */
function withSampleFunction(config: ConfigDict, theirs: string): ConfigDict {
  const hook = /\["samples",\{"function":"([^"]*)\/(\w+)\.(\w+)"\}\]/.exec(theirs);
  const fewshot = config.get('fewshot_config');
  if (!hook || !isConfigDict(fewshot)) return config;
  const [, folder = '', module = '', name = ''] = hook;
  return new Map(config).set('fewshot_config', new Map(fewshot).set('samples', new FunctionRef(folder, module, name)));
}

/** A value as JSON has it; functions as the names of their modules' members. */
function plain(value: ConfigValue): unknown {
  if (value instanceof FunctionRef) return `${value.module}.${value.name}`;
  if (typeof value === 'bigint') return Number(value);
  if (Array.isArray(value)) return value.map(plain);
  if (!(value instanceof Map)) return value;
  return Object.fromEntries([...value].map(([key, item]) => [String(key), plain(item)]));
}

/** What is expected of our value: theirs, but where they have a function ours may be named otherwise, or be its result. */
function expected(theirs: unknown, ours: ConfigValue): unknown {
  if (typeof theirs === 'string' && theirs.startsWith('!fn ')) {
    const named = /^!fn (\w+\.\w+)$/.exec(theirs)?.[1];
    return ours instanceof FunctionRef && named ? named : plain(ours);
  }
  if (Array.isArray(theirs) && Array.isArray(ours)) return theirs.map((item, i) => expected(item, ours[i] ?? null));
  if (typeof theirs !== 'object' || theirs === null || !isConfigDict(ours)) return theirs;
  return Object.fromEntries(Object.entries(theirs).map(([key, item]) => [key, expected(item, ours.get(key) ?? null)]));
}
