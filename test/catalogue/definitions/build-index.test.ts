import { describe, expect, test } from 'vitest';
import { DefinitionError, DefinitionReader } from '../../../lib/catalogue/definitions/definition.ts';
import { FunctionRef } from '../../../lib/catalogue/function-ref.ts';
import { filesOf, rootOf, taskYaml } from '../roots.ts';

const many = (count: number, file: (i: number) => [path: string, text: string]): Record<string, string> =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => file(i)));

describe('includes', () => {
  const read = (texts: Record<string, string>, path: string) => new DefinitionReader(filesOf(texts)).read(path);

  test('keys are replaced as a whole, included ones stand first, and the file itself wins', () => {
    const config = read(
      { 'a/t.yaml': 'include: base\nx: {b: 1}\nz: 1', 'a/base': 'y: 0\nx: {a: 1, c: 2}' },
      'a/t.yaml',
    );
    expect([...config]).toEqual([
      ['y', 0n],
      ['x', new Map([['b', 1n]])],
      ['z', 1n],
    ]);
  });

  test('what many files include is read once, also where it is broken', () => {
    const broken = `a:\n  b:\n    c: "${'x\n'.repeat(20_000)}"`;
    const files = many(2000, (i) => [`t${i}.yaml`, `include: ${i % 2 ? 'broken' : 'keys'}\ntask: t${i}`]);
    const root = rootOf({ ...files, broken, keys: Array.from({ length: 400 }, (_, i) => `k${i}: 1\n`).join('') });
    expect([...root.tasks.values()].filter(({ problem }) => problem !== null)).toHaveLength(1000);
  });

  test('a list of more includes than a hundred is refused, and tells how many there are', () => {
    const list = Array.from({ length: 101 }, (_, i) => `b${i}`).join(', ');
    const root = rootOf({ 't.yaml': `task: t\ninclude: [${list}]` });
    expect(root.tasks.get('t')?.problem).toBe('t.yaml includes 101 files; at most 100 can be');
  });

  test('tags that many files include are added up to a bound, and what is beyond it is told', () => {
    const files = many(1900, (i) => [`t${i}.yaml`, `include: base\ntask: n${i}`]);
    const root = rootOf({ ...files, base: `tag: [${Array.from({ length: 1000 }, (_, i) => `g${i}`).join(', ')}]` });
    expect(root.tasks.size).toBe(1900);
    expect(root.index.get('g0')).toMatchObject({ type: 'tag', tasks: { length: 50 } });
    expect(root.broken).toHaveLength(1850);
  });

  test('keys that many files include are merged up to a bound', () => {
    const files = many(1900, (i) => [`t${i}.yaml`, `include: base\ntask: n${i}`]);
    const base = (keys: number) => Array.from({ length: keys }, (_, i) => `k${i}: 1`).join('\n');
    const problem = (keys: number) => [...rootOf({ ...files, base: base(keys) }).tasks.values()].at(-1)?.problem;
    expect(problem(200)).toBeNull();
    expect(problem(3000)).toMatch(/too much is included/);
  });

  test('a definition with more keys than ten thousand is refused, whether they are its own or included', () => {
    const keys = (count: number, of: string) => Array.from({ length: count }, (_, i) => `${of}${i}: 1\n`).join('');
    const problem = (task: string, base: string) => rootOf({ 't.yaml': task, base }).tasks.get('t')?.problem;
    const most = 'at most 10000 can be';
    expect(problem(`task: t\ninclude: base\n${keys(4999, 'a')}`, keys(5000, 'b'))).toBeNull();
    expect(problem(`task: t\ninclude: base\n${keys(5000, 'a')}`, keys(5000, 'b'))).toBe(
      `t.yaml has 10001 keys; ${most}`,
    );
    expect(problem('task: t\ninclude: base', keys(10_001, 'b'))).toBe(`base has 10001 keys; ${most}`);
  });

  test('a chain of includes ends in an error', () => {
    const files = many(2000, (i) => [`t${i}.yaml`, `include: t${i + 1}.yaml\ntask: t${i}`]);
    expect(() => read(files, 't0.yaml')).toThrow(DefinitionError);
    const twice = many(60, (i) => [`t${i}.yaml`, `include: [t${i + 1}.yaml, t${i + 1}.yaml]\ntask: t${i}`]);
    expect(() => read(twice, 't0.yaml')).toThrow(DefinitionError);
  });

  test('a function that an equal key replaces has to be there all the same', () => {
    const utils = 'def there(doc):\n    return doc\n';
    const shown = (yaml: string, python = utils, prefix = '') => {
      const files = filesOf({ 'a/t.yaml': yaml, 'a/utils.py': python });
      return [...new DefinitionReader(files, prefix).read('a/t.yaml').keys()];
    };
    expect(shown('doc_to_text: !function utils.there\ndoc_to_text: plain')).toEqual(['doc_to_text']);
    expect(shown('doc_to_text: !function utils.there\ndoc_to_text: plain', utils, 'include/x')).toHaveLength(1);
    expect(shown('x: !function utils.absent\nx: 1', 'from base import *')).toEqual(['x']);
    const absent = /a\/t\.yaml names the function a\/utils\.absent, which does not exist/;
    expect(() => shown('doc_to_text: !function utils.absent\ndoc_to_text: plain')).toThrow(absent);
    expect(() => shown('x: {a: [!function utils.absent]}\nx: 1')).toThrow(absent);
    expect(() => shown('b: &b {a: !function utils.absent}\nc: {<<: *b, a: 1}')).toThrow(absent);
    expect(() => shown('x: !function nowhere.there\nx: 1')).toThrow(/nowhere\.there/);
  });

  test('in a list of includes the earlier one wins', () => {
    const config = read({ 't.yaml': 'include: [one, two]', one: 'x: 1', two: 'x: 2\ny: 2' }, 't.yaml');
    expect([...config]).toEqual([
      ['x', 1n],
      ['y', 2n],
    ]);
  });

  test('an included file includes from its own folder, and its functions belong there', () => {
    const config = read(
      { 'a/t.yaml': 'include: ../b/base', 'b/base': 'include: more\nf: !function utils.f', 'b/more': 'x: 1' },
      'a/t.yaml',
    );
    expect([...config]).toEqual([
      ['x', 1n],
      ['f', new FunctionRef('b', 'utils', 'f')],
    ]);
  });

  test.each([
    ['leads out', { 't.yaml': 'include: ../secret' }],
    ['leads out', { 't.yaml': 'include: /etc/passwd' }],
    ['does not exist', { 't.yaml': 'include: nothing' }],
    ['in turn', { 't.yaml': 'include: u', u: 'include: t.yaml' }],
    ['a path or a list', { 't.yaml': 'include: 1' }],
    ['holds no mapping', { 't.yaml': 'include: u', u: '- 1' }],
    ['no YAML', { 't.yaml': 'include: u', u: 'a: [' }],
  ])('one that %s is refused by name', (problem, texts) => {
    expect(() => read(texts, 't.yaml')).toThrow(DefinitionError);
    expect(() => read(texts, 't.yaml')).toThrow(problem);
  });
});

describe('the index of a root', () => {
  test('a class, a list, or a name decide what a file defines', () => {
    const { index, tasks, skipped } = rootOf({
      'a.yaml': taskYaml('one'),
      'b.yaml': 'group: many\ntask: [one]',
      'c.yaml': 'task: special\nclass: !function x.Y',
      'd.yaml': 'just: settings',
      'e.yml': taskYaml('other_suffix'),
      base: taskYaml('template'),
      '__pycache__/f.yaml': taskYaml('cached'),
    });
    expect([...index].map(([name, { type }]) => [name, type])).toEqual([
      ['one', 'task'],
      ['many', 'group'],
      ['special', 'python_task'],
    ]);
    expect(tasks.get('special')?.problem).toContain('Python class');
    expect(skipped).toEqual(['d.yaml defines neither a task nor a group']);
  });

  test("tags are names, also a template's; one that is a task or group already ends the task's tags", () => {
    const { index } = rootOf({
      'a.yaml': taskYaml('one', 'tag: all'),
      'b.yaml': taskYaml('two', 'tag: [all, one, late]'),
      'c.yaml': 'include: base\ntask: three',
      base: taskYaml('base', 'tag: all'),
    });
    expect(index.get('all')).toEqual({ type: 'tag', tasks: ['one', 'two', 'three'] });
    expect(index.has('late')).toBe(false);
  });

  test("of two definitions of a name the later one counts: a folder's files stand before its folders", () => {
    const { tasks, clashes } = rootOf({
      'b/t.yaml': taskYaml('t', 'description: b'),
      'a/x/t.yaml': taskYaml('t', 'description: ax'),
      'a/z.yaml': taskYaml('t', 'description: az'),
    });
    expect(tasks.get('t')?.yaml).toBe('b/t.yaml');
    expect(clashes.get('t')).toEqual(['a/z.yaml', 'a/x/t.yaml', 'b/t.yaml']);
  });

  test('a task with a broken include stays known, with the reason', () => {
    const { tasks } = rootOf({ 'a.yaml': 'task: t\ninclude: gone' });
    expect(tasks.get('t')?.problem).toBe('a.yaml includes "gone", which does not exist');
  });

  test('functions of another root cannot pass for those of the harness', () => {
    const { tasks } = rootOf(
      { 'hellaswag/t.yaml': taskYaml('t', 'process_docs: !function utils.process_docs') },
      'include/x',
    );
    expect(tasks.get('t')?.config.get('process_docs')).toEqual(
      new FunctionRef('include/x/hellaswag', 'utils', 'process_docs'),
    );
  });
});

describe('few-shot samples from a function', () => {
  const samplesOf = (python: string, prefix?: string) => {
    const yaml = taskYaml('t', 'fewshot_config: {sampler: first_n, samples: !function utils.samples}');
    const fewshot = rootOf({ 'f/t.yaml': yaml, 'f/utils.py': python }, prefix)
      .tasks.get('t')
      ?.config.get('fewshot_config');
    return fewshot instanceof Map ? fewshot.get('samples') : undefined;
  };

  test('a literal list is read as Python evaluates it', () => {
    const python = `import os\n\ndef samples() -> list[dict]:\n    """They are few."""\n    # not many\n    return [\n        {"q": "a\\\\b\\\nc", "n": 1.0},  # "first"\n        {'q': 'x' "y"},\n    ]\n\ndef other(): return 1\n`;
    expect(samplesOf(python)).toEqual([
      new Map<string, unknown>([
        ['q', 'a\\bc'],
        ['n', 1],
      ]),
      new Map([['q', 'xy']]),
    ]);
    expect(samplesOf(python, 'include/mine')).toHaveLength(2);
  });

  test.each([
    ['code before it', 'def samples():\n    x = 1\n    return [x]'],
    ['a call', 'def samples():\n    return list((1,))'],
    ['an argument', 'def samples(n):\n    return []'],
    ['two definitions', 'def samples():\n    return []\ndef samples():\n    return [1]'],
    ['a decorator', '@twice\ndef samples():\n    return []'],
    ['a later assignment', 'def samples():\n    return []\nsamples = None'],
    ['another value', 'def samples():\n    return {}'],
    ['no end', 'def samples():\n    return [1'],
    ['no function', 'x = 1'],
  ])('with %s it stays a function', (_, python) => {
    expect(samplesOf(python)).toEqual(new FunctionRef('f', 'utils', 'samples'));
  });
});
