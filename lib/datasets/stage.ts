import { readFile } from 'node:fs/promises';
import pMap from 'p-map';
import type { Bucket } from '../bucket/bucket.ts';
import { DATASETS_PREFIX, MANIFEST_NAME } from '../bucket/layout.ts';
import { PermanentError } from '../errors/errors.ts';
import type { Logger } from '../log/log.ts';
import { localSplits, requireSound } from './local-columns.ts';
import { hashOf, type LocalDataset, localDatasets, uploadBody } from './local-dataset.ts';

/** Data sets that are uploaded at the same time. */
const PARALLEL = 6;

/** Where from, and where to. */
export interface StageRequest {
  bucket: Bucket;
  /** A folder laid out as `<dataset_path>/<config or default>/<split>/<NNNN>.parquet`, or as the hub has it (hub-layout.ts). */
  fromDir: string;
  /** Folders below it, such as `cais/mmlu/anatomy`: only these data sets are staged; all where not given. */
  only?: ReadonlySet<string> | undefined;
  log: Pick<Logger, 'info' | 'warn'>;
}

/** What a staging did. `bytes` counts what was uploaded. */
export interface StageResult {
  datasets: number;
  uploaded: number;
  unchanged: number;
  bytes: number;
}

/**
 * Copies all data sets of a folder to the bucket, once all of them are found to be sound: files are parquet and agree on their
 * columns. Files that are there already are left alone; manifests come last, so
 * that a data set is either as it was, or complete, or refused when it is registered. A missing manifest is made; one
 * that is there must fit its files.
 * @throws PermanentError DatasetMissing (no data sets in the folder, or not those wanted), DatasetInvalid (files that are no
 * parquet, that differ in their columns, or that are not those of the manifest): nothing was uploaded then
 */
export async function stageDatasets({ bucket, fromDir, only, log }: StageRequest): Promise<StageResult> {
  const datasets = chosen(fromDir, await localDatasets(fromDir), only);
  const result: StageResult = { datasets: datasets.length, uploaded: 0, unchanged: 0, bytes: 0 };
  let done = 0;
  const splitsOf = async ({ manifest, file }: LocalDataset) => localSplits((await manifest()).manifest, file);
  await requireSound(
    await pMap(datasets, splitsOf, { concurrency: PARALLEL }),
    `npx sampler stage datasets --from ${fromDir}`,
  );
  const stage = async (dataset: LocalDataset) => {
    const own = await stageDataset(bucket, dataset);
    result.uploaded += own.uploaded;
    result.unchanged += own.unchanged;
    result.bytes += own.bytes;
    done++;
    log.info('staged a data set', {
      dataset: dataset.folder,
      uploaded: own.uploaded,
      unchanged: own.unchanged,
      progress: `${done} of ${datasets.length}`,
    });
  };
  await pMap(datasets, stage, { concurrency: PARALLEL });
  return result;
}

function chosen(fromDir: string, all: LocalDataset[], only: ReadonlySet<string> | undefined): LocalDataset[] {
  if (only === undefined) return all;
  const byFolder = new Map(all.map((dataset) => [dataset.folder, dataset]));
  const missing = [...only].filter((folder) => !byFolder.has(folder));
  if (missing.length > 0) {
    throw new PermanentError('DatasetMissing', `${fromDir} does not hold ${missing.join(', ')}.`);
  }
  return [...byFolder].filter(([folder]) => only.has(folder)).map(([, dataset]) => dataset);
}

async function stageDataset(bucket: Bucket, dataset: LocalDataset): Promise<Omit<StageResult, 'datasets'>> {
  // Counted by itself: others are staged at the same time.
  const result = { uploaded: 0, unchanged: 0, bytes: 0 };
  const { manifest, made } = await dataset.manifest();
  const prefix = `${DATASETS_PREFIX}${dataset.folder}/`;
  const put = async (key: string, size: number, sha256: string, body: () => ReturnType<typeof uploadBody>) => {
    if (await bucket.holds(key, size, sha256)) {
      result.unchanged++;
      return;
    }
    await bucket.upload(key, { body: await body(), size, sha256 });
    result.uploaded++;
    result.bytes += size;
  };
  for (const { split, files } of manifest.splits) {
    for (const { name, size, sha256 } of files) {
      const path = dataset.file(split, name);
      await put(`${prefix}${split}/${name}`, size, sha256, () => uploadBody(path, size));
    }
  }
  const text = made ? Buffer.from(`${JSON.stringify(manifest, null, 1)}\n`) : await readFile(dataset.manifestPath);
  await put(prefix + MANIFEST_NAME, text.length, await hashOf([text]), async () => text);
  return result;
}
