import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Command } from 'commander';
import * as z from 'zod';
import { Bucket } from '../../lib/bucket/bucket.ts';
import { DATASETS_PREFIX, datasetPrefix } from '../../lib/bucket/layout.ts';
import { createS3 } from '../../lib/clients/aws.ts';
import { convertFiles } from '../../lib/datafiles/convert.ts';
import { type StageResult, stageDatasets } from '../../lib/datasets/stage.ts';
import { Hub } from '../../lib/hub/hub.ts';
import type { DatasetName } from '../../lib/hub/hub-dataset.ts';
import { stageFromHub } from '../../lib/hub/stage-hub.ts';
import { neededDatasets } from '../../lib/operator/needed-datasets.ts';
import { tasksNamed, withCatalogue } from '../cli/catalogue.ts';
import { UsageError } from '../cli/exit.ts';
import { examples } from '../cli/group.ts';
import {
  catalogueShape,
  fromShape,
  jsonOption,
  optionsOf,
  repeatable,
  typed,
  wholeNumber,
  withCatalogueOptions,
  withFrom,
  withJson,
} from '../cli/options.ts';
import { counted, note, print } from '../cli/output.ts';
import { showProgress, withPatience } from '../cli/progress.ts';
import { progressLog } from '../cli/progress-log.ts';
import { withSession } from '../cli/session.ts';

/** One file of some gigabytes may take this long on a slow line. */
const UPLOAD_MS = 6 * 3600 * 1000;

/** What says nothing of a folder. */
const HUB_OPTIONS = ['datasetPath', 'revision', 'concurrency', 'token', 'hubUrl', 'serverUrl'];

/** `sampler stage datasets`: the data that tasks need, from a hub or a folder. */
export function stageDatasetsCommand(): Command {
  const command = new Command('datasets')
    .description('upload the data sets that tasks need, from the Hugging Face hub or from a folder')
    .argument('[tasks...]', 'names, wildcards, groups and tags; with --from and none, all of the folder')
    .addOption(
      repeatable(
        '--dataset-path <OLD=NEW>',
        'where the hub has the data set that tasks call OLD under another name; can be repeated',
      ),
    )
    .option('--revision <REV>', 'branch, tag or commit of the data set on the hub (default: the newest)')
    .option('--concurrency <N>', 'files that are downloaded at the same time', '4')
    .option('--token <TOKEN>', 'access token of the hub (default: HF_TOKEN)')
    .option('--hub-url <URL>', 'another hub (default: HF_ENDPOINT, else the Hugging Face hub)')
    .option(
      '--server-url <URL>',
      'its data set server, which knows the order of splits where the card does not say (default: HF_DATASETS_SERVER)',
    )
    .option(
      '--files <DIR>',
      "what relative data_files of the tasks' own files count from (default: the current folder)",
    )
    .option(
      '--to <DIR>',
      "write tasks' own files as parquet into this folder, in the layout of the bucket, and upload nothing",
    )
    .addHelpText(
      'after',
      examples(
        'stage datasets gsm8k mmlu_anatomy',
        'stage datasets my_task --wheel --include-path house=./my-tasks',
        'stage datasets my_task --wheel --include-path house=./my-tasks --to ./data',
        'stage datasets gsm8k --revision e53f048856ff4f594e959d75785d2c2d37b678ee',
        'stage datasets hellaswag --dataset-path hellaswag=Rowan/hellaswag',
        'stage datasets --from ./data',
        "stage datasets 'mmlu_*' --from ./data",
      ),
    );
  withFrom(command, 'take them from this folder, in the layout of the bucket, in place of the hub');
  return withJson(withCatalogueOptions(command)).action((tasks: string[]) => run(tasks, command));
}

const text = z.string().optional();
const shape = {
  ...jsonOption,
  ...fromShape,
  ...catalogueShape,
  datasetPath: z.array(z.string()).default([]),
  revision: text,
  concurrency: wholeNumber('concurrency', 1),
  token: text,
  hubUrl: text,
  serverUrl: text,
  files: z.string().default('.'),
  to: text,
};
type Options = z.output<z.ZodObject<typeof shape>>;
type Needed = Awaited<ReturnType<typeof neededDatasets>>['datasets'];

async function run(tasks: readonly string[], command: Command): Promise<void> {
  const options = optionsOf(shape, command);
  if (tasks.length === 0 && options.from === undefined) {
    throw new UsageError('Name the tasks whose data sets to stage, or a folder with --from DIR.');
  }
  const ignored = HUB_OPTIONS.filter(
    (name) => options.from !== undefined && command.getOptionValueSource(name) === 'cli',
  );
  if (ignored.length > 0) throw new UsageError(`--from takes no hub; leave out ${ignored.map(typed).join(', ')}.`);
  const needed = tasks.length === 0 ? undefined : await needs(tasks, options);
  const own = needed?.filter(({ files }) => files !== null) ?? [];
  if (options.to !== undefined) {
    await convert(own, needed ?? [], resolve(options.files), resolve(options.to));
    print(
      options.json,
      { datasets: own.length, to: options.to },
      () => `${own.length} data ${own.length === 1 ? 'set' : 'sets'} written to ${options.to}`,
    );
    return;
  }
  const result = await withSession(['datasetsBucket'], async ({ config }) => {
    const s3 = createS3(process.env, UPLOAD_MS);
    const bucket = new Bucket(s3, config.datasetsBucket);
    try {
      const mine = await stageOwn(bucket, own, resolve(options.files));
      const others = needed?.filter(({ files }) => files === null);
      if (others?.length === 0) return mine;
      if (options.from === undefined) return added(mine, await fromHub(bucket, others ?? [], options));
      const only = others && new Set(others.map(folderOf));
      return added(mine, await stageDatasets({ bucket, fromDir: options.from, only, log: progressLog }));
    } finally {
      s3.destroy();
    }
  });
  print(options.json, result, () => summary(result));
}

const NOTHING: StageResult = { datasets: 0, uploaded: 0, unchanged: 0, bytes: 0 };

function added<Result extends StageResult>(a: StageResult, b: Result): Result {
  return {
    ...b,
    datasets: a.datasets + b.datasets,
    uploaded: a.uploaded + b.uploaded,
    unchanged: a.unchanged + b.unchanged,
    bytes: a.bytes + b.bytes,
  };
}

/** Tasks' own files, made into parquet in a folder that is removed afterwards. */
async function stageOwn(bucket: Bucket, own: Needed, filesDir: string): Promise<StageResult> {
  if (own.length === 0) return NOTHING;
  const folder = await mkdtemp(join(tmpdir(), 'sampler-files-'));
  try {
    await convert(own, own, filesDir, folder);
    return await stageDatasets({ bucket, fromDir: folder, log: progressLog });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Writes tasks' own files in the layout of the bucket. @throws UsageError where some of the tasks have other data sets */
async function convert(own: Needed, all: Needed, filesDir: string, toDir: string): Promise<void> {
  const other = all.find(({ files }) => files === null);
  if (other !== undefined || own.length === 0) {
    throw new UsageError(
      `--to takes tasks of one's own files (data_files); ${other?.path ?? 'none of these'} is none.`,
    );
  }
  for (const { path, config, files } of own) {
    if (files !== null) await convertFiles(files, { path, config }, filesDir, toDir);
  }
}

/** The data sets that the tasks need; those that can't be sampled need none. */
async function needs(tasks: readonly string[], options: Options): Promise<Needed> {
  const { datasets, unsupported } = await withCatalogue(options, async (catalogue) =>
    neededDatasets(catalogue, await tasksNamed(catalogue, tasks)),
  );
  for (const { task, reason } of unsupported) note(`warn: ${task} is left out: it ${reason}`);
  if (datasets.length === 0) throw new UsageError('None of these tasks can be sampled, so none needs a data set.');
  return datasets;
}

async function fromHub(bucket: Bucket, needed: Needed, options: Options) {
  const { revision, concurrency } = options;
  const datasets = withRepositories(needed, options.datasetPath);
  if (revision !== undefined && new Set(datasets.map(({ path }) => path)).size > 1) {
    throw new UsageError('--revision belongs to one data set, and these tasks need several; stage them one by one.');
  }
  const hub = new Hub({
    url: options.hubUrl ?? fromEnvironment('HF_ENDPOINT'),
    serverUrl: options.serverUrl ?? fromEnvironment('HF_DATASETS_SERVER'),
    token: options.token ?? fromEnvironment('HF_TOKEN'),
  });
  const progress = showProgress('staging', 0, 'bytes');
  let begun = false;
  try {
    const staging = stageFromHub({
      bucket,
      hub,
      datasets,
      revision,
      concurrency,
      warn: (message) => note(`warn: ${message}`),
      onBytes(bytes, total) {
        begun = true;
        progress.add(bytes, total);
      },
    });
    return await withPatience('asking the hub', staging, () => !begun);
  } finally {
    progress.stop();
  }
}

/** The data sets, with the repositories that `--dataset-path OLD=NEW` names. */
function withRepositories(datasets: Needed, given: readonly string[]): DatasetName[] {
  const paths = new Set(datasets.map(({ path }) => path));
  const repositories = new Map<string, string>();
  for (const argument of given) {
    const [, path, repository] = /^([^=]+)=([\w.-]+(?:\/[\w.-]+)?)$/.exec(argument) ?? [];
    if (path === undefined || repository === undefined)
      throw new UsageError(`--dataset-path "${argument}" must be OLD=NEW, such as hellaswag=Rowan/hellaswag.`);
    if (!paths.has(path))
      throw new UsageError(`--dataset-path: none of these tasks reads ${path}; they read ${[...paths].join(', ')}.`);
    if (repositories.has(path)) throw new UsageError(`--dataset-path names ${path} twice.`);
    repositories.set(path, repository);
  }
  return datasets.map((dataset) => ({ ...dataset, repository: repositories.get(dataset.path) }));
}

function folderOf({ path, config }: Needed[number]): string {
  return datasetPrefix(path, config).slice(DATASETS_PREFIX.length, -1);
}

function summary({ datasets, uploaded, unchanged, bytes }: StageResult): string {
  return `${counted(datasets, 'data set')}: ${counted(uploaded, 'file')} uploaded, ${unchanged} unchanged, ${bytes} bytes`;
}

/** An empty variable counts as one that is not set. */
function fromEnvironment(name: string): string | undefined {
  return process.env[name] || undefined;
}
