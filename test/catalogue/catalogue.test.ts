import { DeleteObjectCommand, ListObjectsV2Command, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { Bucket } from '../../lib/bucket/bucket.ts';
import { openCatalogue } from '../../lib/catalogue/catalogue.ts';
import { FunctionRef } from '../../lib/catalogue/function-ref.ts';
import { resolveTasks } from '../../lib/catalogue/resolve.ts';
import { modulePath } from '../../lib/catalogue/sources.ts';
import { publishCatalogue } from '../../lib/catalogue/staging/publish.ts';
import { stageHarness } from '../../lib/catalogue/staging/stage.ts';
import { createS3 } from '../../lib/clients/aws.ts';
import { Logger } from '../../lib/log/log.ts';
import { sourcesOf } from '../../lib/sandbox/sources.ts';
import { freshStack, required, type TestStack } from '../helpers/stack.ts';
import { rootOf, taskYaml } from './roots.ts';
import { hasWheel, WHEEL } from './yaml/pyyaml.ts';

const log = new Logger('error');
let stack: TestStack;
let name: string;
let bucket: Bucket;
let s3: S3Client;

beforeAll(async () => {
  stack = await freshStack();
  name = required(stack.env, 'DATASETS_BUCKET');
  for (const [name, value] of Object.entries(stack.env)) vi.stubEnv(name, value);
  s3 = createS3();
  bucket = new Bucket(s3, name);
});
afterEach(() => {
  vi.useRealTimers();
});
afterAll(async () => {
  s3.destroy();
  vi.unstubAllEnvs();
  await stack.dispose();
});

/** Publishes what the files define as a version of the harness. */
async function publish(version: string, texts: Record<string, string>, modules?: Map<string, string>): Promise<void> {
  const { index, tasks } = rootOf(texts);
  await publishCatalogue(bucket, version, index, [...tasks.values()], modules);
}
const open = (version: string, includePath?: string) => openCatalogue({ bucket, version, includePath, log });
const put = (Key: string, Body: string) => s3.send(new PutObjectCommand({ Bucket: name, Key, Body }));
const laterBy = (ms: number) => vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + ms });

describe('a staged catalogue', () => {
  test('gives back every definition as it was compiled', async () => {
    const texts = {
      'a/one.yaml': taskYaml(
        'one',
        'tag: t\nfewshot_config: {samples: [{x: 1, y: 1.0, 7: [null, true]}]}\nprocess_docs: !function u.f',
      ),
      'b.yaml': 'group: g\ntask: [one]\nrepeats: 2',
      'c.yaml': 'task: two\nclass: !function u.C',
    };
    await publish('1', texts);
    const catalogue = await open('1');
    const root = rootOf(texts);
    expect([...catalogue.index].map(([name, { type }]) => [name, type]).sort()).toEqual(
      [...root.index].map(([name, { type }]) => [name, type]).sort(),
    );
    const group = catalogue.index.get('g');
    expect(group?.type === 'group' && group.config).toEqual(
      new Map<string, unknown>([
        ['group', 'g'],
        ['task', ['one']],
        ['repeats', 2n],
      ]),
    );
    expect(catalogue.index.get('t')).toEqual(root.index.get('t'));
    expect(await catalogue.find('one')).toEqual(root.tasks.get('one'));
    expect(await catalogue.find('two')).toEqual(root.tasks.get('two'));
    expect(await catalogue.find('g')).toBeNull();
    expect(await catalogue.find('nothing')).toBeNull();
    expect((await resolveTasks(catalogue, 'g'))[0]?.config.get('repeats')).toBe(2n);
  });

  test('brings the modules that functions need with what these import, and those of an include folder', async () => {
    const modules = new Map([
      ['lm_eval/tasks/a/utils.py', 'from lm_eval.tasks.b.shared import f\nFILE = "table.json"\n'],
      ['lm_eval/tasks/a/table.json', '{}'],
      ['lm_eval/tasks/b/shared.py', 'def f(doc):\n    return "é\u2028"\n'],
      ['lm_eval/tasks/b/alone.py', 'x = 1'],
      ['lm_eval/utils.py', 'y = 1'],
    ]);
    await publish('sources', { 'a/t.yaml': taskYaml('t', 'process_docs: !function utils.f') }, modules);
    await put('include/functions/sub/t.yaml', taskYaml('mine', 'process_docs: !function own.g'));
    await put('include/functions/sub/own.py', 'def g(docs):\n    return docs\n');
    const catalogue = await open('sources', 'functions');
    const sources = await catalogue.sources();
    const named = there(await catalogue.find('t')).config.get('process_docs');
    const path = named instanceof FunctionRef ? modulePath(named, sources) : '';
    expect(path).toBe('lm_eval/tasks/a/utils.py');
    expect([...sourcesOf([path], sources)].sort()).toEqual([...modules].slice(0, 3).sort());
    expect([sources.has('lm_eval/tasks/b/alone.py'), sources.has('lm_eval/utils.py')]).toEqual([false, true]);
    const own = there(await catalogue.find('mine')).config.get('process_docs');
    expect(sources.get(own instanceof FunctionRef ? modulePath(own, sources) : '')).toContain('def g');
  });

  test('that is not there can be there later', async () => {
    await expect(open('none')).rejects.toMatchObject({ code: 'HarnessNotStaged', permanent: false });
    await publish('none', { 'a.yaml': taskYaml('now') });
    expect((await open('none')).index.has('now')).toBe(true);
  });

  test('staged again is seen after a minute; what was opened before continues as it was', async () => {
    await publish('2', { 'a.yaml': taskYaml('one', 'description: old') });
    const before = await open('2');
    await publish('2', { 'a.yaml': taskYaml('one', 'description: new'), 'b.yaml': taskYaml('two') });
    expect((await open('2')).index.has('two')).toBe(false);
    laterBy(61_000);
    const after = await open('2');
    expect(after.index.has('two')).toBe(true);
    expect((await after.find('one'))?.config.get('description')).toBe('new');
    expect((await before.find('one'))?.config.get('description')).toBe('old');
  });

  test('that has not changed is not read again', async () => {
    await publish('3', { 'a.yaml': taskYaml('one') });
    const first = await open('3');
    laterBy(61_000);
    expect((await open('3')).index).toBe(first.index);
  });

  test('with a part missing or a damaged root says so, and is not retried', async () => {
    await publish('4', { 'a.yaml': taskYaml('one') });
    const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: name, Prefix: 'harness/4/packs/' }));
    for (const { Key } of Contents) await s3.send(new DeleteObjectCommand({ Bucket: name, Key }));
    await expect((await open('4')).find('one')).rejects.toMatchObject({ code: 'HarnessNotStaged', permanent: true });
    await put('harness/5/catalogue.json.gz', 'no gzip');
    await expect(open('5')).rejects.toMatchObject({ code: 'HarnessNotStaged', permanent: true });
  });
});

describe('further definitions', () => {
  beforeAll(() => publish('6', { 'a.yaml': taskYaml('one', 'description: harness') }));

  test('are added by name, and the harness wins a clash', async () => {
    await put('include/mine/a.yaml', taskYaml('one', 'description: mine'));
    await put('include/mine/sub/b.yaml', 'include: ../base\ntask: own\ndoc_to_text: !function utils.f');
    await put('include/mine/base', taskYaml('base'));
    await put('include/mine/g.yaml', 'group: both\ntask: [one, own]');
    const catalogue = await open('6', 'mine');
    expect((await resolveTasks(catalogue, 'both')).map(({ name }) => name)).toEqual(['one', 'own']);
    expect((await catalogue.find('one'))?.config.get('description')).toBe('harness');
    const own = there(await catalogue.find('own'));
    expect(catalogue.requireSupported(own).doc_to_text).toMatchObject({ hook: 'include/mine/sub/utils.f' });
    expect((await open('6')).index.has('own')).toBe(false);
  });

  test('that change are seen after a minute', async () => {
    await put('include/changing/a.yaml', taskYaml('first'));
    expect((await open('6', 'changing')).index.has('first')).toBe(true);
    await put('include/changing/a.yaml', taskYaml('second'));
    expect((await open('6', 'changing')).index.has('second')).toBe(false);
    laterBy(61_000);
    expect((await open('6', 'changing')).index.has('second')).toBe(true);
  });

  test.each(['..', '.', 'a/b', '../datasets', '/etc', 'a b', 'é', ''.padEnd(101, 'x'), 'nothing-there'])(
    'are not looked for at %s',
    async (name) => {
      await expect(open('6', name)).rejects.toMatchObject({ code: 'BadMessage', permanent: true });
    },
  );
});

test.skipIf(!hasWheel)('the whole harness is staged, twice to the same objects, and read by name', async () => {
  const first = await stageHarness({ bucket, wheelPath: WHEEL, log });
  const second = await stageHarness({ bucket, wheelPath: WHEEL, log });
  expect(second).toEqual({ ...first, seconds: second.seconds });
  expect(first.objects).toBeLessThan(100);
  const catalogue = await openCatalogue({ bucket, log });
  expect((await resolveTasks(catalogue, 'bbh_cot_fewshot_*')).length).toBe(27);
  expect((await resolveTasks(catalogue, 'mmlu')).length).toBe(57);
  expect((await resolveTasks(catalogue, 'mmlu_pro-category_*')).length).toBe(14);
});

test('what is no wheel is refused with the way to get one', async () => {
  await expect(stageHarness({ bucket, wheelPath: import.meta.filename, log })).rejects.toMatchObject({
    code: 'Configuration',
  });
});

function there<T>(value: T | null | undefined): T {
  if (value === null || value === undefined) throw new Error('it is not there');
  return value;
}
