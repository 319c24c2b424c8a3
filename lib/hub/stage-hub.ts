import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import pMap from 'p-map';
import type { Bucket } from '../bucket/bucket.ts';
import { datasetPrefix, MANIFEST_NAME, type Manifest } from '../bucket/layout.ts';
import type { StageResult } from '../datasets/stage.ts';
import { PermanentError, SamplerError } from '../errors/errors.ts';
import { download, downloadPlain } from './download.ts';
import type { Hub, HubFile } from './hub.ts';
import { type DatasetName, findHubDataset, type HubDataset } from './hub-dataset.ts';

/** Data sets that are looked up at the same time. */
const PARALLEL_LOOKUPS = 4;
/** S3 takes no more in one piece. */
const MAX_FILE_BYTES = 5 * 1024 ** 3;

/** What to stage from a hub, and where to. */
export interface HubStageRequest {
  /** Its client's time-out for one request must be above the time that the longest file takes. */
  readonly bucket: Bucket;
  readonly hub: Hub;
  readonly datasets: readonly DatasetName[];
  /** A branch, tag or commit; the newest one where not given. */
  readonly revision?: string | undefined;
  /** Files that are copied at the same time. */
  readonly concurrency: number;
  /** Gets what the operator should know. */
  readonly warn: (message: string) => void;
  /** So many more bytes are dealt with, of so many. */
  readonly onBytes: (bytes: number, total: number) => void;
}

/** Where a data set came from: the hub's repository, which may have another name than tasks have for it, at a commit. */
export interface HubSource {
  readonly dataset: string;
  readonly config: string | null;
  readonly repository: string;
  readonly revision: string;
}

/** What a staging from a hub did, with the commit that each data set came from. */
export interface HubStageResult extends StageResult {
  readonly sources: readonly HubSource[];
}

/**
 * Copies data sets from a hub into the bucket, file by file, without holding any in memory. What is there already with the
 * right hash is left alone, so that a staging that was cut short continues where it was. Manifests come last. A data set that the
 * hub does not have does not hold up the others: what is wrong with each is reported at the end.
 * @throws PermanentError DatasetMissing or DatasetInvalid naming every data set that can't be staged; TransientError Unavailable
 */
export async function stageFromHub(request: HubStageRequest): Promise<HubStageResult> {
  const { hub, concurrency, revision, warn, onBytes } = request;
  const refused: SamplerError[] = [];
  const lookUp = (name: DatasetName) =>
    findHubDataset(hub, name, revision).catch((error: unknown) => keepRefused(error, refused));
  const found = await pMap(request.datasets, lookUp, { concurrency: PARALLEL_LOOKUPS });
  const datasets = found.filter((dataset) => dataset !== null);
  for (const { name, orderKnown, splits } of datasets) {
    const order = splits.map(({ split }) => split).join(', ');
    if (!orderKnown) warn(`${name.path}: the hub does not state the order of its splits; it is taken to be ${order}`);
  }
  const jobs = datasets.flatMap((dataset) =>
    dataset.splits.flatMap(({ split, files }) => files.map((file, at) => ({ dataset, split, file, at }))),
  );
  const total = jobs.reduce((sum, { file }) => sum + file.size, 0);
  onBytes(0, total);
  const result = { datasets: datasets.length, uploaded: 0, unchanged: 0, bytes: 0 };
  const staged = new Map<HubDataset, Map<HubFile, ManifestFile>>();
  const failed = new Set<HubDataset>();
  const copyOne = async ({ dataset, split, file, at }: (typeof jobs)[number]) => {
    try {
      const copied = await copyFile(request, dataset, split, file, at, (bytes) => onBytes(bytes, total));
      if (copied.uploaded) {
        result.uploaded++;
        result.bytes += file.size;
      } else result.unchanged++;
      staged.set(dataset, (staged.get(dataset) ?? new Map()).set(file, copied.entry));
    } catch (error) {
      failed.add(dataset);
      keepRefused(error, refused);
    }
  };
  await pMap(jobs, copyOne, { concurrency });
  for (const dataset of datasets) {
    if (failed.has(dataset)) continue;
    if (await putManifest(request, manifestOf(dataset, staged.get(dataset) ?? new Map()))) result.uploaded++;
    else result.unchanged++;
  }
  throwRefused(refused, request.datasets.length);
  return {
    ...result,
    sources: datasets.map(({ name, commit }) => ({
      dataset: name.path,
      config: name.config,
      repository: commit.repo,
      revision: commit.sha,
    })),
  };
}

type ManifestFile = Manifest['splits'][number]['files'][number];

async function copyFile(
  { bucket, hub }: HubStageRequest,
  { name, commit }: HubDataset,
  split: string,
  file: HubFile,
  at: number,
  onBytes: (bytes: number) => void,
): Promise<{ entry: ManifestFile; uploaded: boolean }> {
  if (file.size > MAX_FILE_BYTES) {
    throw new PermanentError(
      'DatasetInvalid',
      `${file.path} of ${name.path} is ${file.size} bytes long; S3 takes 5 GiB in one piece.`,
    );
  }
  const plain = file.sha256 === undefined ? await downloadPlain(hub, commit, file) : undefined;
  const sha256 =
    file.sha256 ??
    createHash('sha256')
      .update(plain ?? '')
      .digest('hex');
  const entry = { name: `${String(at).padStart(4, '0')}.parquet`, size: file.size, sha256 };
  const key = `${datasetPrefix(name.path, name.config)}${split}/${entry.name}`;
  if (await bucket.holds(key, file.size, sha256)) {
    onBytes(file.size);
    return { entry, uploaded: false };
  }
  const body = plain
    ? Readable.from([plain])
    : Readable.from(counted(download(hub, commit, file), onBytes), { objectMode: false });
  await bucket.upload(key, { body, size: file.size, sha256 });
  if (plain) onBytes(file.size);
  return { entry, uploaded: true };
}

async function* counted(
  chunks: AsyncIterable<Uint8Array>,
  onBytes: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    yield chunk;
    onBytes(chunk.length);
  }
}

function manifestOf({ name, commit, splits }: HubDataset, files: ReadonlyMap<HubFile, ManifestFile>): Manifest {
  return {
    dataset_path: name.path,
    config: name.config ?? 'default',
    revision: commit.sha,
    splits: splits.map(({ split, files: own }) => ({ split, files: own.flatMap((file) => files.get(file) ?? []) })),
  };
}

/** Whether it was another one before. */
async function putManifest({ bucket }: HubStageRequest, manifest: Manifest): Promise<boolean> {
  const bytes = Buffer.from(`${JSON.stringify(manifest, null, 1)}\n`);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const { dataset_path: path, config } = manifest;
  const key = datasetPrefix(path, config) + MANIFEST_NAME;
  if (await bucket.holds(key, bytes.length, sha256)) return false;
  await bucket.upload(key, { body: Readable.from([bytes]), size: bytes.length, sha256 });
  return true;
}

function keepRefused(error: unknown, refused: SamplerError[]): null {
  if (!(error instanceof SamplerError) || !error.permanent) throw error;
  refused.push(error);
  return null;
}

function throwRefused(refused: readonly SamplerError[], count: number): void {
  const [first, ...others] = refused;
  if (!first) return;
  if (others.length === 0 && count === 1) throw first;
  const reasons = refused.map(({ message }) => message).join(' ');
  throw new PermanentError(first.code, `${refused.length} of ${count} data sets could not be staged. ${reasons}`, {
    cause: first,
  });
}
