import { DeleteObjectCommand, GetObjectCommand, ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Bucket } from '../../lib/bucket/bucket.ts';
import { readManifest } from '../../lib/datasets/stored-dataset.ts';
import { Hub, type HubOptions } from '../../lib/hub/hub.ts';
import { type HubStageRequest, stageFromHub } from '../../lib/hub/stage-hub.ts';
import { openStagedTable } from '../../lib/preview/staged-table.ts';
import { createLocalS3 } from '../../localstack/resources.ts';
import { sampler, WHEEL } from '../bin/cli.ts';
import { questions, writeDefinitions } from '../bin/own-tasks.ts';
import { freshStack, required, type TestStack } from '../helpers/stack.ts';
import { SmallHub } from './small-hub.ts';

const TRAIN = questions(12);
const TEST = questions(30);
const DEV = questions(5);
/** Files of the converted branch, in the order of their names; their splits' own order is another. */
const CONVERTED = { 'main/dev/0000.parquet': DEV, 'main/test/0000.parquet': TEST, 'main/train/0000.parquet': TRAIN };

let stack: TestStack;
let s3: S3Client;
let bucket: string;
let source: Bucket;
let hub: SmallHub;
let warnings: string[];
let progress: { bytes: number; total: number };
let number = 0;
/** A repository's name that no other test has used: the bucket is the same for all. */
let repo: string;

beforeAll(async () => {
  stack = await freshStack();
  s3 = createLocalS3(stack.endpoint);
  bucket = required(stack.env, 'DATASETS_BUCKET');
  source = new Bucket(s3, bucket);
});
afterAll(async () => {
  s3?.destroy();
  await stack?.dispose();
});
beforeEach(async () => {
  hub = new SmallHub();
  await hub.start();
  warnings = [];
  progress = { bytes: 0, total: 0 };
  repo = `owner/set${number++}`;
});
afterEach(() => hub.stop());

function stage(options: Partial<HubStageRequest> = {}, hubOptions: HubOptions = {}) {
  const { url = hub.url } = hubOptions;
  return stageFromHub({
    bucket: source,
    hub: new Hub({ url, serverUrl: url, patience: { tries: 3, firstWaitMs: 1 }, ...hubOptions }),
    datasets: [{ path: repo, config: 'main' }],
    concurrency: 2,
    warn: (message) => warnings.push(message),
    onBytes: (bytes, total) => {
      progress = { bytes: progress.bytes + bytes, total };
    },
    ...options,
  });
}

async function staged(path = `${repo}/main`): Promise<string[]> {
  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: `datasets/${path}/` }));
  return Contents.map(({ Key = '' }) => Key.slice(`datasets/${path}/`.length));
}

async function splitsOf(path = `${repo}/main`): Promise<string[] | undefined> {
  return (await readManifest(source, `datasets/${path}/`))?.splits.map(({ split }) => split);
}

describe('where the files are', () => {
  it("the repository's own parquet, where its card says which files it is; in the card's order, at a fixed commit", async () => {
    const files = {
      'README.md': { bytes: Buffer.from('# text'), plain: true },
      'data/test-0 1.parquet': DEV,
      'data/test-00.parquet': TEST,
      'data/train.parquet': TRAIN,
    };
    const data_files = [
      { split: 'test', path: 'data/test-*' },
      { split: 'train', path: ['data/train.parquet'] },
    ];
    hub.repos[repo] = { revisions: { main: { files, card: { configs: [{ config_name: 'main', data_files }] } } } };
    const revision = hub.shaOf(repo, 'main');
    expect(await stage()).toEqual({
      datasets: 1,
      uploaded: 4,
      unchanged: 0,
      bytes: DEV.length + TEST.length + TRAIN.length,
      sources: [{ dataset: repo, config: 'main', repository: repo, revision }],
    });
    expect(progress).toEqual({
      bytes: DEV.length + TEST.length + TRAIN.length,
      total: DEV.length + TEST.length + TRAIN.length,
    });
    const manifest = await readManifest(source, `datasets/${repo}/main/`);
    expect(manifest).toMatchObject({ dataset_path: repo, config: 'main', revision });
    expect(await splitsOf()).toEqual(['test', 'train']);
    const table = await openStagedTable(source, { name: 'any' }, { dataset_path: repo, dataset_name: 'main' });
    await table.verify();
    expect(Object.fromEntries(table.splits)).toEqual({
      test: { min: 0, max: 34, count: 35 },
      train: { min: 35, max: 46, count: 12 },
    });
  });

  it('shards that push_to_hub wrote, where neither card nor conversion tell: data is the default configuration', async () => {
    const files = {
      'data/train-00000-of-00001.parquet': TRAIN,
      'data/test-00000-of-00002.parquet': TEST,
      'data/test-00001-of-00002.parquet': DEV,
    };
    hub.repos[repo] = { revisions: { main: { files } } };
    await stage({ datasets: [{ path: repo, config: null }] });
    expect(await staged(`${repo}/default`)).toEqual([
      '_manifest.json',
      'test/0000.parquet',
      'test/0001.parquet',
      'train/0000.parquet',
    ]);
    expect(await splitsOf(`${repo}/default`)).toEqual(['train', 'test']);
  });

  it.each<[string, unknown, string[] | undefined, string[], number]>([
    [
      'dataset_info of the card',
      { dataset_info: { config_name: 'main', splits: [{ name: 'test' }, { name: 'train' }, { name: 'dev' }] } },
      ['dev', 'train', 'test'],
      ['test', 'train', 'dev'],
      0,
    ],
    ["the hub's own conversion", {}, ['train', 'test', 'dev', 'gone'], ['train', 'test', 'dev'], 0],
    [
      'nobody, with a warning',
      { dataset_info: { config_name: 'main', splits: [{ name: 'test' }] } },
      undefined,
      ['train', 'test', 'dev'],
      1,
    ],
  ])(
    'the converted branch, where the repository holds something else; the order told by %s',
    async (_, card, told, order, warned) => {
      const csv = { 'train.csv': { bytes: Buffer.from('a,b'), plain: true } };
      const configs = [{ config_name: 'main', data_files: [{ split: 'train', path: 'train.csv' }] }];
      hub.repos[repo] = {
        revisions: {
          main: { files: csv, card: { configs, ...Object(card) } },
          'refs/convert/parquet': { files: CONVERTED },
        },
      };
      if (told) hub.splits[`${repo}/main`] = told;
      const { sources } = await stage();
      expect(await splitsOf()).toEqual(order);
      expect(sources).toMatchObject([{ revision: hub.shaOf(repo, 'refs/convert/parquet') }]);
      expect(warnings).toHaveLength(warned);
    },
  );

  it('a data set that was renamed is found under its new name, and staged under the one that tasks have', async () => {
    hub.repos[repo] = { revisions: {}, movedTo: 'elsewhere/new' };
    hub.repos['elsewhere/new'] = { revisions: { main: { files: {} }, 'refs/convert/parquet': { files: CONVERTED } } };
    await stage();
    expect(await staged()).toEqual(['_manifest.json', 'dev/0000.parquet', 'test/0000.parquet', 'train/0000.parquet']);
  });

  it('a data set of a bare name that the hub does not lead on from is taken from the repository that is named', async () => {
    hub.repos['Rowan/hellaswag'] = { revisions: { main: { files: {} }, 'refs/convert/parquet': { files: CONVERTED } } };
    const name = { path: 'hellaswag', config: 'main' };
    const revision = hub.shaOf('Rowan/hellaswag', 'refs/convert/parquet');
    for (const token of [undefined, 'hf_mine']) {
      await expect(stage({ datasets: [name] }, { token })).rejects.toMatchObject({
        code: 'DatasetMissing',
        message: expect.stringContaining('--dataset-path hellaswag=OWNER/hellaswag'),
      });
    }
    expect(await staged('hellaswag/main')).toEqual([]);
    const { sources } = await stage({ datasets: [{ ...name, repository: 'Rowan/hellaswag' }] });
    expect(sources).toEqual([{ dataset: 'hellaswag', config: 'main', repository: 'Rowan/hellaswag', revision }]);
    expect(await readManifest(source, 'datasets/hellaswag/main/')).toMatchObject({
      dataset_path: 'hellaswag',
      revision,
    });
    const table = await openStagedTable(source, { name: 'any' }, { dataset_path: 'hellaswag', dataset_name: 'main' });
    await table.verify();
    expect([...table.splits.keys()]).toEqual(['train', 'test', 'dev']);
  });

  it('several configurations of one repository are looked up together', async () => {
    const files = { 'a/test/0000.parquet': DEV, 'b/test/0000.parquet': TEST };
    hub.repos[repo] = { revisions: { main: { files: {} }, 'refs/convert/parquet': { files } } };
    const datasets = ['a', 'b'].map((config) => ({ path: repo, config }));
    expect(await stage({ datasets })).toMatchObject({ datasets: 2, uploaded: 4 });
    expect(hub.seen.filter(({ path }) => path.includes('/tree/') || path.includes('/revision/'))).toHaveLength(4);
  });

  it('a task that names no configuration gets the default one, staged as "default"', async () => {
    const files = { 'plain/train/0000.parquet': TRAIN };
    hub.repos[repo] = { revisions: { main: { files: {} }, 'refs/convert/parquet': { files } } };
    await stage({ datasets: [{ path: repo, config: null }] });
    expect(await readManifest(source, `datasets/${repo}/default/`)).toMatchObject({
      config: 'default',
      splits: [{ split: 'train' }],
    });
  });

  it('a revision is a tag of the repository, or a commit of the converted branch', async () => {
    const commit = 'c'.repeat(40);
    const card = { configs: [{ config_name: 'main', data_files: [{ split: 'test', path: 't.parquet' }] }] };
    hub.repos[repo] = {
      revisions: { main: { files: {} }, v1: { files: { 't.parquet': TEST }, card }, [commit]: { files: CONVERTED } },
    };
    await stage({ revision: 'v1' });
    expect(await splitsOf()).toEqual(['test']);
    expect((await stage({ revision: commit })).sources).toMatchObject([{ revision: commit }]);
    expect(await splitsOf()).toEqual(['train', 'test', 'dev']);
    await expect(stage({ revision: 'main' })).rejects.toThrow(
      /at revision main it holds no parquet .*leave --revision out/,
    );
    await expect(stage({ revision: 'v9' })).rejects.toThrow(/it has no revision v9/);
  });

  it('a file outside of large file storage is checked by the hash that git has of it', async () => {
    const card = { configs: [{ config_name: 'main', data_files: [{ split: 'test', path: 't.parquet' }] }] };
    hub.repos[repo] = { revisions: { main: { files: { 't.parquet': { bytes: TEST, plain: true } }, card } } };
    expect(await stage()).toMatchObject({ uploaded: 2 });
    expect(await stage()).toMatchObject({ uploaded: 0, unchanged: 2 });
  });
});

describe('what the hub does not have', () => {
  it.each<[string, Record<string, Uint8Array>, string, RegExp]>([
    ['only a beginning', { 'main/partial-train/0000.parquet': TRAIN }, 'main', /only the beginning of its split train/],
    ['another configuration', { 'other/train/0000.parquet': TRAIN }, 'main', /no configuration main, only: other/],
  ])('is reported: %s', async (_, files, config, reason) => {
    hub.repos[repo] = { revisions: { main: { files: {} }, 'refs/convert/parquet': { files } } };
    await expect(stage({ datasets: [{ path: repo, config }] })).rejects.toMatchObject({
      code: 'DatasetMissing',
      message: expect.stringMatching(reason),
    });
    expect(await staged()).toEqual([]);
  });

  it('is reported: nothing that is parquet, and no conversion', async () => {
    hub.repos[repo] = { revisions: { main: { files: { 'a.csv': TRAIN } } } };
    await expect(stage()).rejects.toThrow(/holds no parquet that its card names, and the hub has not converted it/);
  });

  it('is reported: no such data set, a private one, one whose conditions are not accepted', async () => {
    const token = 'hf_secret';
    await expect(stage()).rejects.toMatchObject({
      code: 'DatasetMissing',
      message: expect.stringMatching(/does not exist, is private/),
    });
    await expect(stage({}, { token })).rejects.toMatchObject({
      code: 'DatasetMissing',
      message: expect.stringMatching(/there is no http/),
    });
    hub.repos[repo] = { gated: true, revisions: { main: { files: {} } } };
    const gated = await stage({}, { token }).catch((error: unknown) => String(error));
    expect(gated).toContain(`accepted at ${hub.url}/datasets/${repo}`);
    expect(gated).not.toContain(token);
    await expect(async () => new Hub({ token: 'mine' })).rejects.toMatchObject({ code: 'Configuration' });
  });

  it('does not hold up the others', async () => {
    hub.repos[repo] = { revisions: { main: { files: {} }, 'refs/convert/parquet': { files: CONVERTED } } };
    const datasets = [
      { path: 'no/such', config: null },
      { path: repo, config: 'main' },
    ];
    await expect(stage({ datasets })).rejects.toThrow(/^1 of 2 data sets could not be staged\. .*no\/such/);
    expect(await splitsOf()).toEqual(['train', 'test', 'dev']);
  });
});

describe('a download', () => {
  beforeEach(() => {
    hub.repos[repo] = {
      revisions: { main: { files: {} }, 'refs/convert/parquet': { files: CONVERTED } },
      token: 'hf_mine',
    };
  });
  const mine = { token: 'hf_mine' };

  it('shows the token to the hub alone, not to the host that it leads to', async () => {
    await stage({}, mine);
    expect(new Set(hub.seen.filter(({ host }) => host === 'hub').map(({ token }) => token))).toEqual(
      new Set(['hf_mine']),
    );
    expect(new Set(hub.seen.filter(({ host }) => host === 'cdn').map(({ token }) => token))).toEqual(
      new Set([undefined]),
    );
  });

  it('is not done again for what is staged already, and is for what went missing', async () => {
    await stage({}, mine);
    hub.seen.length = 0;
    expect(await stage({}, mine)).toMatchObject({ uploaded: 0, unchanged: 4, bytes: 0 });
    expect(hub.downloads).toEqual([]);
    await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: `datasets/${repo}/main/dev/0000.parquet` }));
    expect(await stage({}, mine)).toMatchObject({ uploaded: 1, unchanged: 3, bytes: DEV.length });
  });

  it('that is cut off continues where it was', async () => {
    hub.faults.push({ path: /^\/[0-9a-f]{64}$/, times: 6, cutAfter: 100 });
    await stage({ concurrency: 1 }, mine);
    expect(hub.downloads.some((line) => /bytes=[1-9]\d*-/.test(line))).toBe(true);
    const got = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: `datasets/${repo}/main/test/0000.parquet` }));
    expect(Buffer.from((await got.Body?.transformToByteArray()) ?? [])).toEqual(Buffer.from(TEST));
  });

  it.each([429, 500, 503])('is tried again after an answer %i, at every step', async (status) => {
    for (const path of [/revision/, /tree/, /resolve/, /^\/[0-9a-f]{64}$/]) {
      hub.faults.push({ path, times: 2, status, retryAfter: '0' });
    }
    expect(await stage({}, mine)).toMatchObject({ uploaded: 4 });
  });

  it('fails as something that may pass where the trouble continues, and leaves no manifest', async () => {
    hub.faults.push({ path: /resolve.*train/, times: 1000, status: 500 });
    await expect(stage({}, mine)).rejects.toMatchObject({ code: 'Unavailable', permanent: false });
    expect(await staged()).not.toContain('_manifest.json');
    const { url } = hub;
    hub.stop();
    await expect(stage({}, { ...mine, url })).rejects.toMatchObject({ code: 'Unavailable', permanent: false });
  });

  it('whose bytes are not those that the hub means is refused, and never stands in the bucket', async () => {
    const files = { ...CONVERTED, 'main/test/0000.parquet': { bytes: TEST, claimed: '0'.repeat(64) } };
    hub.repos[repo] = { revisions: { main: { files: {} }, 'refs/convert/parquet': { files } } };
    await expect(stage()).rejects.toMatchObject({
      code: 'DatasetInvalid',
      message: expect.stringMatching(/main\/test\/0000\.parquet of .* has the SHA-256 [0-9a-f]{64} instead of 0{64}/),
    });
    expect(await staged()).toEqual(['dev/0000.parquet', 'train/0000.parquet']);
  });
});

describe('sampler stage datasets', () => {
  it('stages what the tasks need, and validate is content with it', async () => {
    const files = { 'default/train/0000.parquet': TRAIN, 'default/test/0000.parquet': TEST };
    const repoOfTasks = { main: { files: {} }, 'refs/convert/parquet': { files } };
    hub.repos['house/sums'] = { revisions: repoOfTasks, token: 'hf_mine' };
    const own = ['--wheel', WHEEL, '--include-path', `house=${writeDefinitions()}`];
    const env = { ...stack.env, HF_ENDPOINT: hub.url, HF_DATASETS_SERVER: hub.url, HF_TOKEN: 'hf_mine' };
    const ran = await sampler(['stage', 'datasets', 'house_sums', 'ruler_vt', ...own, '--json'], env);
    expect(ran.code).toBe(0);
    expect(ran.stderr).toMatch(/^warn: ruler_vt is left out: it makes its data set in Python/m);
    expect(JSON.parse(ran.stdout)).toMatchObject({
      datasets: 1,
      uploaded: 3,
      sources: [{ dataset: 'house/sums', config: null, revision: hub.shaOf('house/sums', 'refs/convert/parquet') }],
    });
    expect(await sampler(['validate', 'house_sums', '--path', '/v1/completions', ...own], env)).toMatchObject({
      code: 0,
    });
  });

  it('takes a data set from the repository that --dataset-path names', async () => {
    const files = { 'default/train/0000.parquet': TRAIN, 'default/validation/0000.parquet': TEST };
    hub.repos['Rowan/hellaswag'] = { revisions: { main: { files: {} }, 'refs/convert/parquet': { files } } };
    const env = { ...stack.env, HF_ENDPOINT: hub.url, HF_DATASETS_SERVER: hub.url };
    const run = (...more: string[]) => sampler(['stage', 'datasets', 'hellaswag', '--wheel', WHEEL, ...more], env);
    const ran = await run('--dataset-path', 'hellaswag=Rowan/hellaswag', '--json');
    expect(ran.code).toBe(0);
    expect(JSON.parse(ran.stdout)).toMatchObject({
      sources: [{ dataset: 'hellaswag', repository: 'Rowan/hellaswag' }],
    });
    expect(await staged('hellaswag/default')).toEqual([
      '_manifest.json',
      'train/0000.parquet',
      'validation/0000.parquet',
    ]);
    expect(await run('--dataset-path', 'helaswag=Rowan/hellaswag')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('none of these tasks reads helaswag; they read hellaswag'),
    });
  });
});
