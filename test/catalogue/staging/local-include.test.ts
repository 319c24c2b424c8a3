import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Bucket } from '../../../lib/bucket/bucket.ts';
import { readInclude } from '../../../lib/catalogue/include.ts';
import { readLocalInclude, stageInclude } from '../../../lib/catalogue/staging/local-include.ts';
import { Logger } from '../../../lib/log/log.ts';
import { createLocalS3 } from '../../../localstack/resources.ts';
import { freshStack, required, type TestStack } from '../../helpers/stack.ts';
import { catalogueOf, taskYaml } from '../roots.ts';

const log = new Logger('error');
let stack: TestStack;
let s3: ReturnType<typeof createLocalS3>;
let bucket: Bucket;
let number = 0;

beforeAll(async () => {
  stack = await freshStack();
  s3 = createLocalS3(stack.endpoint);
  bucket = new Bucket(s3, required(stack.env, 'DATASETS_BUCKET'));
});
afterAll(async () => {
  s3?.destroy();
  await stack?.dispose();
});

/** Tells of each write before it is begun and after it is done. */
class WatchedBucket extends Bucket {
  watch: () => Promise<void> = async () => {};
  override async put(key: string, body: Uint8Array): Promise<void> {
    await this.watch();
    await super.put(key, body);
    await this.watch();
  }
  override async remove(keys: readonly string[]): Promise<void> {
    for (const key of keys) {
      await this.watch();
      await super.remove([key]);
      await this.watch();
    }
  }
}

/** Does something between a reader's listing and its reading, once. */
class InterruptedBucket extends Bucket {
  between: (() => Promise<void>) | undefined;
  override async *list(prefix: string) {
    yield* await Array.fromAsync(super.list(prefix));
    const { between } = this;
    this.between = undefined;
    await between?.();
  }
}

const watched = () => new WatchedBucket(s3, required(stack.env, 'DATASETS_BUCKET'));
const interrupted = () => new InterruptedBucket(s3, required(stack.env, 'DATASETS_BUCKET'));

/** Tasks whose template stands in another file: half a folder shows as an old template in a new task, or as none. */
function folder(version: string, names: readonly string[]): Record<string, string> {
  const tasks = names.map((name) => [
    `${name}.yaml`,
    `include: ${name.includes('/') ? '../' : ''}_base\ntask: ${name}\nmetadata: {version: ${version}}\n`,
  ]);
  return { ...Object.fromEntries(tasks), _base: taskYaml('base', `description: ${version}`) };
}

async function local(name: string, texts: Record<string, string>) {
  const dir = mkdtempSync(join(tmpdir(), 'include-'));
  for (const [path, text] of Object.entries(texts)) {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    writeFileSync(join(dir, path), text);
  }
  return readLocalInclude(name, dir);
}
const stage = async (to: Bucket, name: string, texts: Record<string, string>) =>
  stageInclude(to, await local(name, texts), { index: new Map(), find: async () => null });
async function copy(name: string, texts: Record<string, string>) {
  for (const [path, text] of Object.entries(texts)) await bucket.put(`include/${name}/${path}`, Buffer.from(text));
}

/** The folder as a process sees it that never saw it before: each task with its template's version. */
async function seen(name: string, from = bucket): Promise<string> {
  const { tasks } = await readInclude(from, name, undefined, log);
  return [...tasks.values()].map((task) => `${task.name} ${task.config.get('description')} ${task.problem}`).join(', ');
}

const OLD = folder('1.5', ['a', 'b', 'gone']);
const NEW = folder('2.5', ['a', 'b', 'added', 'sub/c']);

describe('staging a folder of definitions', () => {
  const harness = {
    index: catalogueOf({ 'built/in.yaml': taskYaml('built_in') }).index,
    find: catalogueOf({ 'built/in.yaml': taskYaml('built_in') }).find,
  };

  test('warns of names that are defined twice or that the harness has, with the files and which one counts; once', async () => {
    const name = `twice-${number++}`;
    const texts = {
      'a.yaml': taskYaml('t'),
      'b/a.yaml': taskYaml('t'),
      'mine.yaml': taskYaml('built_in'),
      '_base.yaml': 'dataset_path: some/data\n',
      'base2.yaml': 'test_split: test\n',
      'c.yaml': 'include: [_base.yaml, base2.yaml]\ntask: c\ndoc_to_text: q\ndoc_to_target: a\n',
      'stray.yaml': 'just: settings\n',
    };
    const { warnings, hidden } = await stageInclude(bucket, await local(name, texts), harness);
    expect(hidden).toEqual(['built_in']);
    expect(warnings).toEqual([
      `t is defined in a.yaml and in b/a.yaml of include/${name}: b/a.yaml counts. Give one of them another name.`,
      `built_in is defined in mine.yaml of include/${name}, but the harness has this name too: built/in.yaml of the harness counts. Give yours another name.`,
      'stray.yaml defines neither a task nor a group; it is left out',
    ]);
    const lines: string[] = [];
    const info = new Logger('info', {}, (line) => lines.push(line));
    const root = await readInclude(bucket, name, undefined, info);
    expect([lines, root.tasks.get('t')?.yaml]).toEqual([[], 'b/a.yaml']);
  });

  test.each<[string, (name: string) => Promise<unknown>]>([
    ['staged', (name) => stage(bucket, name, OLD)],
    ['copied by hand', (name) => copy(name, OLD)],
  ])('switches over in one step from one that was %s', async (_, put) => {
    const name = `step-${number++}`;
    await put(name);
    const before = await seen(name);
    const writer = watched();
    const between: string[] = [];
    writer.watch = async () => {
      between.push(await seen(name));
    };
    await stage(writer, name, NEW);
    const after = await seen(name);
    expect(after).toContain('added 2.5 null');
    expect(after).not.toContain('gone');
    expect(between.length).toBeGreaterThanOrEqual(2);
    expect([...new Set(between)]).toEqual([before, after]);
  });

  test.each<[string, (name: string) => Promise<unknown>]>([
    ['staged', (name) => stage(bucket, name, OLD)],
    ['copied by hand', (name) => copy(name, OLD)],
  ])('does not mislead who had listed one that was %s', async (_, put) => {
    const name = `late-${number++}`;
    await put(name);
    const reader = interrupted();
    reader.between = async () => {
      await stage(bucket, name, NEW);
    };
    expect(await seen(name, reader)).toBe(await seen(name));
  });

  test('leaves one object, and again the same one', async () => {
    const name = `one-${number++}`;
    await copy(name, OLD);
    expect(await stage(bucket, name, NEW)).toMatchObject({ files: 5, tasks: 4, removed: 4 });
    const first = await Array.fromAsync(bucket.list(`include/${name}/`));
    expect(await stage(bucket, name, NEW)).toMatchObject({ files: 5, removed: 0 });
    expect(first).toHaveLength(1);
    expect(await seen(name)).toContain('sub/c 2.5');
  });
});

describe('a file copied by hand beside what was staged', () => {
  test('is added, or goes before the staged one of its name, until the folder is staged again', async () => {
    const name = `hand-${number++}`;
    await stage(bucket, name, OLD);
    await copy(name, { 'extra.yaml': 'include: _base\ntask: extra', _base: taskYaml('base', 'description: mine') });
    expect(await seen(name)).toBe('a mine null, b mine null, extra mine null, gone mine null');
    await stage(bucket, name, OLD);
    expect(await seen(name)).toBe('a 1.5 null, b 1.5 null, gone 1.5 null');
  });

  test('counts too where the same file was there before it was staged over', async () => {
    const name = `again-${number++}`;
    await copy(name, { 'extra.yaml': taskYaml('extra') });
    await stage(bucket, name, OLD);
    expect(await seen(name)).not.toContain('extra');
    await copy(name, { 'extra.yaml': taskYaml('extra') });
    expect(await seen(name)).toContain('extra');
  });
});

test('a folder without definitions is refused with the names that are read, and those here that are not', async () => {
  await expect(local('own', { 'a.yml': 'task: a', 'b.txt': 'x' })).rejects.toThrow(
    /defines no task and no group: .*files named \*\.yaml.*such as a\.yml, none is read\.$/,
  );
  await expect(local('own', { 'b.txt': 'x' })).rejects.toThrow(/files named \*\.yaml, by the key task or group\.$/);
});

test('a link to a file is that file, as for the harness; one that leads nowhere is refused', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'linked-'));
  const real = mkdtempSync(join(tmpdir(), 'real-'));
  writeFileSync(join(real, 'a.yaml'), taskYaml('linked'));
  symlinkSync(join(real, 'a.yaml'), join(dir, 'b.yaml'));
  symlinkSync(real, join(dir, 'folder'));
  expect([...(await readLocalInclude('links', dir)).files.keys()]).toEqual(['b.yaml']);
  symlinkSync('nowhere', join(dir, 'c.yaml'));
  await expect(readLocalInclude('links', dir)).rejects.toMatchObject({
    code: 'Configuration',
    message: expect.stringContaining('c.yaml'),
  });
});

test('a staged folder that is damaged is refused, with the command that mends it', async () => {
  const name = `bad-${number++}`;
  await copy(name, { '.staged.json.gz': 'no gzip' });
  await expect(seen(name)).rejects.toMatchObject({
    code: 'BadMessage',
    message: expect.stringContaining(`--include-path ${name}=`),
  });
});

test('a folder that changes each time it is read is read again later', async () => {
  const name = `restless-${number++}`;
  await copy(name, OLD);
  const reader = interrupted();
  let changes = 0;
  const change = async () => {
    await copy(name, { 'a.yaml': taskYaml('a', `description: ${changes++}`) });
    reader.between = change;
  };
  reader.between = change;
  await expect(seen(name, reader)).rejects.toMatchObject({ code: 'Unavailable', permanent: false });
});
