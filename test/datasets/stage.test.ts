import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { DeleteObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { stageDatasets } from '../../lib/datasets/stage.ts';
import { readManifest } from '../../lib/datasets/stored-dataset.ts';
import { Logger } from '../../lib/log/log.ts';
import { FolderSource } from '../../lib/preview/folder-source.ts';
import { openStagedTable } from '../../lib/preview/staged-table.ts';
import { type DataStack, openDataStack, parquet, texts } from './data-stack.ts';

let dataStack: DataStack;
let dir: string;
beforeAll(async () => {
  dataStack = await openDataStack();
});
afterAll(async () => {
  await dataStack?.dispose();
});
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'stage-'));
});
afterEach(() => {
  rmSync(dir, { recursive: true });
});

function write(path: string, content: Uint8Array | string): void {
  mkdirSync(dirname(join(dir, path)), { recursive: true });
  writeFileSync(join(dir, path), content);
}

function stage() {
  return stageDatasets({ bucket: dataStack.source, fromDir: dir, log: new Logger('error') });
}

describe('stageDatasets', () => {
  it('uploads a folder so that it can be registered, and makes the manifest that is missing', async () => {
    write('owner/set/cfg/test/0000.parquet', texts('t', ['a']));
    write('owner/set/cfg/dev/0001.parquet', texts('t', ['c']));
    write('owner/set/cfg/dev/0000.parquet', texts('t', ['b']));
    write('owner/set/cfg/README.md', 'not a data set');
    expect(await stage()).toMatchObject({ datasets: 1, uploaded: 4, unchanged: 0 });
    const manifest = await readManifest(dataStack.source, 'datasets/owner/set/cfg/');
    expect(manifest).toMatchObject({
      dataset_path: 'owner/set',
      config: 'cfg',
      revision: 'local',
      splits: [
        { split: 'test', files: [{ name: '0000.parquet' }] },
        { split: 'dev', files: [{ name: '0000.parquet' }, { name: '0001.parquet' }] },
      ],
    });
    await dataStack.register('staged_task', 'owner/set', 'cfg');
    expect((await dataStack.docs('staged_task')).map((doc) => doc.get('t'))).toEqual(['a', 'b', 'c']);
  });

  it('leaves out what macOS puts beside files, and refuses names that have no place in the bucket', async () => {
    write('mac/default/test/0000.parquet', texts('t', ['a']));
    write('mac/default/test/._0000.parquet', 'no parquet');
    expect(await stage()).toMatchObject({ datasets: 1, uploaded: 2 });
    write('mac\\set/default/test/0000.parquet', texts('t', ['a']));
    await expect(stage()).rejects.toMatchObject({ code: 'DatasetInvalid', message: expect.stringContaining('Rename') });
  });

  it('follows links to files and folders, as validate does', async () => {
    write('real/cfg/test/0000.parquet', texts('t', ['a']));
    write('real/cfg/train/0000.parquet', texts('t', ['b']));
    mkdirSync(join(dir, 'from/files/cfg/test'), { recursive: true });
    mkdirSync(join(dir, 'from/splits/cfg'), { recursive: true });
    mkdirSync(join(dir, 'from/configs'), { recursive: true });
    const link = (at: string, to: string) => symlinkSync(join(dir, to), join(dir, at));
    link('from/files/cfg/test/0000.parquet', 'real/cfg/test/0000.parquet');
    link('from/splits/cfg/test', 'real/cfg/test');
    link('from/splits/cfg/train', 'real/cfg/train');
    link('from/configs/cfg', 'real/cfg');
    link('from/paths', 'real');
    link('from/splits/cfg/round', 'from');
    const log = new Logger('error');
    const from = join(dir, 'from');
    expect(await stageDatasets({ bucket: dataStack.source, fromDir: from, log })).toMatchObject({ datasets: 4 });
    for (const [path, splits] of [
      ['files', ['test']],
      ['splits', ['train', 'test']],
      ['configs', ['train', 'test']],
      ['paths', ['train', 'test']],
    ] as const) {
      const dataset = { dataset_path: path, dataset_name: 'cfg' };
      const staged = await openStagedTable(dataStack.source, { name: path }, dataset);
      const local = await openStagedTable(new FolderSource(from), { name: path }, dataset);
      expect([path, ...staged.splits.keys()]).toEqual([path, ...splits]);
      expect([path, ...local.splits.keys()]).toEqual([path, ...splits]);
    }
    symlinkSync('nowhere', join(from, 'splits/cfg/gone'));
    const refusal = { code: 'DatasetInvalid', message: expect.stringContaining('gone is a link that leads nowhere') };
    await expect(stageDatasets({ bucket: dataStack.source, fromDir: from, log })).rejects.toMatchObject(refusal);
    const broken = { dataset_path: 'splits', dataset_name: 'cfg' };
    await expect(openStagedTable(new FolderSource(from), { name: 'x' }, broken)).rejects.toMatchObject(refusal);
  });

  it("reads the hub's layout: splits from the files' names, data for the default configuration", async () => {
    write('acme/capitals/data/test-00000-of-00002.parquet', texts('t', ['a']));
    write('acme/capitals/data/test-00001-of-00002-0123456789abcdef.parquet', texts('t', ['b']));
    write('acme/capitals/data/train-00000-of-00001.parquet', texts('t', ['c']));
    write('acme/capitals/north/dev-00000-of-00001.parquet', texts('t', ['d']));
    write('acme/capitals/README.md', 'a card');
    expect(await stage()).toMatchObject({ datasets: 2, uploaded: 6 });
    expect(await readManifest(dataStack.source, 'datasets/acme/capitals/default/')).toMatchObject({
      dataset_path: 'acme/capitals',
      config: 'default',
      splits: [
        { split: 'train', files: [{ name: '0000.parquet' }] },
        { split: 'test', files: [{ name: '0000.parquet' }, { name: '0001.parquet' }] },
      ],
    });
    for (const source of [dataStack.source, new FolderSource(dir)]) {
      const open = (config: string | null) =>
        openStagedTable(source, { name: 'any' }, { dataset_path: 'acme/capitals', dataset_name: config });
      const rows = await Array.fromAsync((await open(null)).stream('test'));
      expect(rows.flat().map((doc) => doc.get('t'))).toEqual(['a', 'b']);
      expect([...(await open(null)).splits.keys()]).toEqual(['train', 'test']);
      expect([...(await open('north')).splits.keys()]).toEqual(['dev']);
    }
  });

  it.each([
    [['acme/a/data/test.parquet'], /a folder data the name tells the split, such as test-00000-of-00001\.parquet/],
    [['acme/a/cfg/validation/test-00000-of-00001.parquet'], /its folder says validation, and its name test/],
    [['acme/a/data/test-00000-of-00001.parquet', 'acme/a/default/test/0000.parquet'], /holds acme\/a\/default twice/],
  ])('refuses names that say two things: %j', async (paths, reason) => {
    for (const path of paths) write(path, texts('t', ['a']));
    await expect(stage()).rejects.toMatchObject({ code: 'DatasetInvalid', message: expect.stringMatching(reason) });
  });

  it('takes files that are named as shards in the folder of their split as they lie', async () => {
    write('acme/b/cfg/test/test-00000-of-00001.parquet', texts('t', ['a']));
    expect(await stage()).toMatchObject({ datasets: 1, uploaded: 2 });
    expect(await readManifest(dataStack.source, 'datasets/acme/b/cfg/')).toMatchObject({
      splits: [{ split: 'test', files: [{ name: 'test-00000-of-00001.parquet' }] }],
    });
  });

  it('leaves alone what is there already, and uploads what changed or went missing', async () => {
    write('again/default/test/0000.parquet', texts('t', ['a']));
    write('again/default/train/0000.parquet', texts('t', ['b']));
    expect(await stage()).toMatchObject({ uploaded: 3, unchanged: 0 });
    expect(await stage()).toMatchObject({ uploaded: 0, unchanged: 3, bytes: 0 });
    write('again/default/test/0000.parquet', texts('t', ['c']));
    expect(await stage()).toMatchObject({ uploaded: 2, unchanged: 1 });
    await dataStack.s3.send(
      new DeleteObjectCommand({ Bucket: dataStack.bucket, Key: 'datasets/again/default/train/0000.parquet' }),
    );
    expect(await stage()).toMatchObject({ uploaded: 1, unchanged: 2 });
  });

  it('tells of each data set what was uploaded of it, whatever else is staged at the same time', async () => {
    for (const name of ['a', 'b', 'c', 'd']) write(`many/${name}/test/0000.parquet`, texts('t', [name]));
    write('many/d/train/0000.parquet', texts('t', ['more']));
    const told = new Map<unknown, unknown>();
    const info = (_message: string, fields?: Readonly<Record<string, unknown>>) => {
      told.set(fields?.['dataset'], fields?.['uploaded']);
    };
    const warn = () => {};
    expect(await stageDatasets({ bucket: dataStack.source, fromDir: dir, log: { info, warn } })).toMatchObject({
      datasets: 4,
      uploaded: 9,
    });
    expect(Object.fromEntries(told)).toEqual({ 'many/a': 2, 'many/b': 2, 'many/c': 2, 'many/d': 3 });
  });

  it.each<[string, Record<string, Uint8Array | string>, RegExp]>([
    ['CSV text', { 'test/0000.parquet': 'q,a\nx,1\n' }, /it does not begin with PAR1/],
    ['a file that was cut off', { 'test/0000.parquet': texts('t', ['b']).subarray(0, -6) }, /its end is missing/],
    ['an empty file', { 'test/0000.parquet': '' }, /it is empty/],
    [
      'a part of another split that has a column more',
      { 'train/0000.parquet': texts('t', ['b']), 'test/0000.parquet': texts('other', ['b']) },
      /it has a column "other"/,
    ],
    [
      'a part of the same split whose column has another type',
      {
        'test/0000.parquet': parquet([{ name: 't', data: [1n], type: 'INT64' }]),
        'test/0001.parquet': texts('t', ['1']),
        'test/0002.parquet': parquet([{ name: 't', data: [[1n]] }], {
          schema: [
            { name: 'root', num_children: 1 },
            { name: 't', num_children: 1, repetition_type: 'OPTIONAL', converted_type: 'LIST' },
            { name: 'list', num_children: 1, repetition_type: 'REPEATED' },
            { name: 'element', type: 'INT64', repetition_type: 'OPTIONAL' },
          ],
        }),
      },
      /0002\.parquet does not fit the files before it: its column "t" is list<int64> instead of int64/,
    ],
  ])('replaces no sound data set by %s, and none of the others in the folder', async (_, files, reason) => {
    write('sound/default/test/0000.parquet', texts('t', ['a']));
    write('other/default/test/0000.parquet', texts('t', ['a']));
    await stage();
    const held = () => Array.fromAsync(dataStack.source.list('datasets/'), ({ key, etag }) => [key, etag]);
    const before = await held();
    rmSync(join(dir, 'sound'), { recursive: true });
    for (const [name, content] of Object.entries(files)) write(`sound/default/${name}`, content);
    write('other/default/test/0000.parquet', texts('t', ['newer']));
    const refused = stage();
    await expect(refused).rejects.toMatchObject({ code: 'DatasetInvalid', message: expect.stringMatching(reason) });
    await expect(refused).rejects.toThrow(join(dir, 'sound/default/test'));
    await expect(refused).rejects.toThrow(
      `Nothing was replaced. With sound files: npx sampler stage datasets --from ${dir}`,
    );
    expect(await held()).toEqual(before);
  });

  it('refuses a file that is not the one of its manifest, naming it', async () => {
    write('wrong/default/test/0000.parquet', texts('t', ['a']));
    const files = [{ name: '0000.parquet', size: texts('t', ['a']).length, sha256: '0'.repeat(64) }];
    const manifest = { dataset_path: 'wrong', config: 'default', revision: 'r', splits: [{ split: 'test', files }] };
    write('wrong/default/_manifest.json', JSON.stringify(manifest));
    await expect(stage()).rejects.toThrow(/wrong\/default\/test\/0000\.parquet has the SHA-256/);
    write('wrong/default/test/0000.parquet', texts('t', ['another length']));
    await expect(stage()).rejects.toThrow(/test\/0000\.parquet is \d+ bytes long/);
    rmSync(join(dir, 'wrong/default/test'), { recursive: true });
    write('wrong/default/test/0001.parquet', texts('t', ['a']));
    await expect(stage()).rejects.toThrow(/test\/0000\.parquet is missing/);
  });

  it('refuses a folder without data sets, and files in the wrong place', async () => {
    await expect(stage()).rejects.toMatchObject({ code: 'DatasetMissing' });
    write('test/0000.parquet', texts('t', ['a']));
    await expect(stage()).rejects.toThrow(/is not where a data set's file should be/);
    await expect(
      stageDatasets({ bucket: dataStack.source, fromDir: join(dir, 'none'), log: new Logger('error') }),
    ).rejects.toMatchObject({ code: 'DatasetMissing' });
  });
});
