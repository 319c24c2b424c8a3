import { describe, expect, test } from 'vitest';
import { resolveTasks } from '../../lib/catalogue/resolve.ts';
import { PermanentError } from '../../lib/errors/errors.ts';
import { catalogueOf, taskYaml } from './roots.ts';

const files = {
  'a.yaml': taskYaml('m_a', 'tag: [red]\nnum_fewshot: 1'),
  'b.yaml': taskYaml('m_b', 'tag: [red, blue]'),
  'c.yaml': taskYaml('m-c'),
  'g.yaml': 'group: all\ntask: [m_b, red, {task: m-c, num_fewshot: 7}]\nmetadata: {version: 1}',
  'h.yaml': 'group: outer\ngroup_alias: shown\ntask: [set, m-c]\nrepeats: 2',
  'i.yaml': 'group: set\ntask: [m_a, m_b]\nnum_fewshot: 3\nrepeats: 5\naggregate_metric_list: []',
};
const catalogue = catalogueOf(files);
const names = async (list: string, of = catalogue) => (await resolveTasks(of, list)).map(({ name }) => name);
const settings = async (list: string, of = catalogue) =>
  (await resolveTasks(of, list)).map(({ name, config }) => [
    name,
    config.get('num_fewshot') ?? null,
    config.get('repeats') ?? null,
  ]);

describe('a list of names', () => {
  test('is trimmed, and keeps its order, each task once', async () => {
    expect(await names(' m_b ,m_a,\tm_b\n,')).toEqual(['m_b', 'm_a']);
  });

  test('with nothing in it is refused', async () => {
    await expect(names(' , ')).rejects.toMatchObject({ code: 'BadMessage' });
  });

  test('with an unknown name tells which definitions could not be read, and why', async () => {
    const of = catalogueOf({ 'a.yaml': 'task: [', 'b.yaml': taskYaml('there') });
    await expect(names('missing', of)).rejects.toThrow(/can't be read: a\.yaml is no YAML that can be read: /);
  });

  test("with a name that is like none tells where names of a folder of one's own are found, where none is open", async () => {
    await expect(names('elsewhere')).rejects.toThrow(/--include-path NAME/);
    await expect(names('m_aa')).rejects.toThrow(/"m_aa"\. Did you mean m_a\?$/);
    await expect(names('elsewhere', { ...catalogue, source: 'lm-eval and include/own' })).rejects.toThrow(
      /"elsewhere"\.$/,
    );
  });

  test('names every name that leads to nothing', async () => {
    const failure = names('m_a,m_x, nothing*,M_A');
    await expect(failure).rejects.toThrow(PermanentError);
    await expect(failure).rejects.toMatchObject({
      code: 'UnknownTask',
      context: { tasks: ['m_x', 'nothing*', 'M_A'] },
    });
    await expect(failure).rejects.toThrow('"m_x", "nothing*", "M_A"');
  });

  test('a wildcard gives its matches sorted by code point', async () => {
    expect(await names('m*')).toEqual(['m-c', 'm_a', 'm_b']);
    expect(await names('m_[!a]')).toEqual(['m_b']);
    expect(await names('m?c')).toEqual(['m-c']);
  });

  test('a wildcard that matches groups and tags takes their tasks along', async () => {
    // The tag "blue" comes before the group "outer".
    expect(await names('*e*')).toEqual(['m_b', 'm_a', 'm-c']);
  });

  test('a task that a wildcard matches by its own name has its own settings, also if a matching group holds it', async () => {
    expect(await settings('*')).toEqual(
      [
        ['m_b', null, null],
        ['m_a', 1n, null],
        ['m-c', null, null],
      ].toSorted(([a], [b]) => (String(a) < String(b) ? -1 : 1)),
    );
  });
});

describe('groups and tags', () => {
  test('a tag stands for its tasks, as they are', async () => {
    expect(await settings('red')).toEqual([
      ['m_a', 1n, null],
      ['m_b', null, null],
    ]);
  });

  test('a group lists tasks, tags, and tasks with settings of their own', async () => {
    expect(await settings('all')).toEqual([
      ['m_b', null, null],
      ['m_a', 1n, null],
      ['m-c', 7n, null],
    ]);
  });

  test("a group's settings go to its tasks, an outer group's go over them, and its own keys stay with it", async () => {
    expect(await settings('set')).toEqual([
      ['m_a', 3n, 5n],
      ['m_b', 3n, 5n],
    ]);
    expect(await settings('outer')).toEqual([
      ['m_a', 3n, 2n],
      ['m_b', 3n, 2n],
      ['m-c', null, 2n],
    ]);
    const [task] = await resolveTasks(catalogue, 'outer');
    expect([...(task?.config.keys() ?? [])]).not.toContain('group_alias');
    expect(task?.config.get('task')).toBe('m_a');
  });

  test('asked for by its own name as well, the first place in the list counts', async () => {
    expect(await settings('m_a,set')).toEqual([
      ['m_a', 1n, null],
      ['m_b', 3n, 5n],
    ]);
  });

  test('a task listed twice with settings gets a number, counted from the end', async () => {
    const twice = catalogueOf({
      ...files,
      'z.yaml': 'group: twice\ntask: [{task: m_a, num_fewshot: 1}, {task: m_a, num_fewshot: 2}]',
    });
    expect(await settings('twice', twice)).toEqual([
      ['m_a-1', 1n, null],
      ['m_a', 2n, null],
    ]);
  });

  test('a list within a group takes nothing from above', async () => {
    const inner = catalogueOf({
      ...files,
      'z.yaml': 'group: g\nrepeats: 9\ntask:\n  - group: inner\n    task: [m_a]\n  - m_b',
    });
    expect(await settings('g', inner)).toEqual([
      ['m_a', 1n, null],
      ['m_b', null, 9n],
    ]);
  });

  test('a group may define a task in its list, but not with an include', async () => {
    const inline = catalogueOf({
      'z.yaml': 'group: g\ntask:\n  - {task: fresh, dataset_path: d}\n  - {task: bad, include: x}',
    });
    const entries = await resolveTasks(inline, 'g');
    expect(entries.map(({ name, problem }) => [name, problem === null])).toEqual([
      ['fresh', true],
      ['bad', false],
    ]);
    expect(entries[0]?.config.get('task')).toBe('fresh');
  });

  test.each([
    ['holds itself', 'group: g\ntask: [g]'],
    ['holds itself', 'group: g\ntask: [{task: g, repeats: 2}]'],
    ['does not exist', 'group: g\ntask: [nothing]'],
    ['is no list', 'group: g\ntask: [{group: h}]'],
    ['something else', 'group: g\ntask: [1]'],
  ])('a group that %s is refused', async (problem, yaml) => {
    const broken = catalogueOf({ 'g.yaml': yaml });
    await expect(names('g', broken)).rejects.toThrow(problem);
    await expect(names('g', broken)).rejects.toMatchObject({ code: 'BadTaskDefinition', permanent: true });
  });

  test('groups that multiply without end are refused', async () => {
    const levels = Object.fromEntries(
      Array.from({ length: 18 }, (_, i) => [
        `g${i}.yaml`,
        `group: g${i}\nrepeats: ${i}\ntask: [${i ? `g${i - 1}, g${i - 1}, g${i - 1}` : 'm_a'}]`,
      ]),
    );
    await expect(names('g17', catalogueOf({ ...files, ...levels }))).rejects.toThrow('too many tasks');
  });
});

describe('what would take too long is refused, or done', () => {
  const many = <T>(count: number, make: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i));

  test('wildcards whose sets are very long', async () => {
    await expect(names(`*[${'Z-Z'.repeat(300_000)}]`)).rejects.toMatchObject({ code: 'BadMessage' });
  });

  test('very many wildcards over very many names', async () => {
    const names2 = many(400, (i) => [`t${i}.yaml`, taskYaml(`t_${'a'.repeat(200)}${i}`)] as const);
    const list = many(4000, (i) => `${'*a'.repeat(100)}b${i}`).join();
    await expect(resolveTasks(catalogueOf(Object.fromEntries(names2)), list)).rejects.toMatchObject({
      code: 'BadMessage',
    });
  });

  test('a wildcard that matches many groups of many tasks', async () => {
    const groups = many(
      300,
      (i) => [`g${i}.yaml`, `group: g${i}\ntask: [${many(3000, (n) => `x${i}_${n}`).join()}]\nmetadata: {}`] as const,
    );
    const defined = catalogueOf(Object.fromEntries(groups));
    await expect(resolveTasks(defined, '*')).rejects.toMatchObject({
      code: expect.stringMatching(/BadMessage|BadTaskDefinition/),
    });
  });

  test('a group of 40,000 members with 50,000 settings', async () => {
    const yaml = `group: wide\ntask: [${many(40_000, () => 'm_a').join()}]\n${many(50_000, (i) => `k${i}: 1`).join('\n')}`;
    await expect(names('wide', catalogueOf({ ...files, 'w.yaml': yaml }))).rejects.toThrow(PermanentError);
  });

  test('a group of 19,000 mappings with a thousand settings', async () => {
    const yaml = `group: wide\ntask: [${many(19_000, () => '{task: m_a}').join()}]\n${many(1000, (i) => `k${i}: 1`).join('\n')}`;
    await expect(names('wide', catalogueOf({ ...files, 'w.yaml': yaml }))).rejects.toMatchObject({
      code: 'BadTaskDefinition',
    });
  });

  test('a task that a group lists 4,999 times', async () => {
    const yaml = `group: again\nnum_fewshot: 1\ntask: [${many(4999, () => 'm_a').join()}]`;
    expect(await names('again', catalogueOf({ ...files, 'w.yaml': yaml }))).toHaveLength(4999);
  });

  test('a task that a group lists 19,999 times', async () => {
    const yaml = `group: again\nnum_fewshot: 1\ntask: [${many(19_999, () => 'm_a').join()}]`;
    await expect(names('again', catalogueOf({ ...files, 'w.yaml': yaml }))).rejects.toMatchObject({
      code: 'BadMessage',
    });
  });

  test('one include listed 1,000 times in each of many files', async () => {
    const own = many(
      1900,
      (i) => [`t${i}.yaml`, `include: [${many(1000, () => 'base').join()}]\ntask: t${i}\ndataset_path: d`] as const,
    );
    const root = catalogueOf({ ...Object.fromEntries(own), base: many(500, (i) => `k${i}: 1`).join('\n') });
    expect(await names('t0,t1899', root)).toEqual(['t0', 't1899']);
  });
});
