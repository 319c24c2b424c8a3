import { createHash } from 'node:crypto';
import {
  datasetPrefix,
  inUsualOrder,
  MANIFEST_NAME,
  type Manifest,
  manifestSchema,
  splitOfKey,
} from '../bucket/layout.ts';
import type { ObjectSource } from '../bucket/object-source.ts';
import { PermanentError } from '../errors/errors.ts';
import { compareCodePoints } from '../python/sort.ts';

const VERSION_DIGITS = 32;
/** A manifest longer than this is none. In bytes. */
const MAX_MANIFEST_BYTES = 64 * 1024 ** 2;

/** One parquet file of a split: `sha256` is the manifest's; where there is no manifest, `etag` is the listing's. */
export interface StoredFile {
  key: string;
  /** In bytes. */
  size: number;
  sha256?: string | undefined;
  etag?: string | undefined;
}

/** The files of one data set, splits in the order in which they are loaded. */
export interface StoredDataset {
  prefix: string;
  /** The manifest's; not enough to distinguish two versions, since data sets from a folder have none of their own. */
  revision: string;
  /** A hash of the revision, the order of the splits, and names and hashes of the files: other data has another one. */
  version: string;
  splits: { split: string; files: StoredFile[] }[];
}

/**
 * Finds a data set in the bucket by its manifest, or where there is none by listing its folder.
 * @param task what it is needed for, for the command that stages it
 * @throws PermanentError DatasetMissing, DatasetInvalid (unreadable manifest), BadTaskDefinition (impossible name)
 * @throws TransientError Unavailable
 */
export async function findDataset(
  source: ObjectSource,
  datasetPath: string,
  datasetName: string | null,
  task = 'TASK',
): Promise<StoredDataset> {
  const found = await findStaged(source, datasetPath, datasetName);
  if (found !== undefined) return found;
  const name = datasetName === null ? datasetPath : `${datasetPath} (${datasetName})`;
  const prefix = datasetPrefix(datasetPath, datasetName);
  throw new PermanentError(
    'DatasetMissing',
    source.locate === undefined
      ? `the data set ${name} is not staged: ${source.name}/${prefix} holds no parquet files. ` +
          `Stage it: npx sampler stage datasets ${task}, or --from DIR`
      : `the data set ${name} is not in that folder: ${source.locate(prefix)} holds no parquet files. ` +
          `Its splits are expected there as <split>/0000.parquet`,
    { context: { datasetPath, datasetName, prefix } },
  );
}

/** As {@link findDataset}, but undefined where the data set is not staged. */
export async function findStaged(
  source: ObjectSource,
  datasetPath: string,
  datasetName: string | null,
): Promise<StoredDataset | undefined> {
  const prefix = datasetPrefix(datasetPath, datasetName);
  const manifest = await readManifest(source, prefix);
  const splits = manifest === undefined ? await listSplits(source, prefix) : splitsOf(manifest, prefix);
  const revision = manifest?.revision ?? 'unknown';
  if (splits.length === 0) return undefined;
  return { prefix, revision, version: versionHash(revision, prefix, splits), splits };
}

/**
 * The manifest at that prefix; undefined where there is none.
 * @throws PermanentError DatasetInvalid where there is one that can't be understood
 */
export async function readManifest(source: ObjectSource, prefix: string): Promise<Manifest | undefined> {
  const key = prefix + MANIFEST_NAME;
  const stat = await source.stat(key);
  if (stat === undefined) return undefined;
  if (stat.size > MAX_MANIFEST_BYTES) throw invalidManifest(source, key, `it is ${stat.size} bytes long`);
  return parseManifest(await source.readRange(key, 0, stat.size, stat.etag), (why, cause) =>
    invalidManifest(source, key, why, cause),
  );
}

/** The bytes of a manifest, checked; throws what `refuse` makes of the reason. */
export function parseManifest(bytes: Uint8Array, refuse: (why: string, cause?: unknown) => Error): Manifest {
  let json: unknown;
  try {
    json = JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch (error) {
    throw refuse('it is no JSON', error);
  }
  const parsed = manifestSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  const reasons = parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'it'}: ${message}`);
  throw refuse(reasons.slice(0, 3).join('; '));
}

function splitsOf(manifest: Manifest, prefix: string): StoredDataset['splits'] {
  return manifest.splits.map(({ split, files }) => ({
    split,
    files: files.map(({ name, size, sha256 }) => ({ key: `${prefix}${split}/${name}`, size, sha256 })),
  }));
}

async function listSplits(source: ObjectSource, prefix: string): Promise<StoredDataset['splits']> {
  const bySplit = new Map<string, StoredFile[]>();
  for await (const { key, size, etag } of source.list(prefix)) {
    const place = splitOfKey(key, prefix);
    if (place === undefined) continue;
    const files = bySplit.get(place.split) ?? [];
    files.push({ key, size, etag });
    bySplit.set(place.split, files);
  }
  return inUsualOrder(bySplit.keys()).map((split) => {
    const files = bySplit.get(split) ?? [];
    return { split, files: files.sort((a, b) => compareCodePoints(a.key, b.key)) };
  });
}

function versionHash(revision: string, prefix: string, splits: StoredDataset['splits']): string {
  const hash = createHash('sha256').update(JSON.stringify(revision));
  for (const { split, files } of splits) {
    const named = files.map(({ key, size, sha256, etag }) => [key.slice(prefix.length), size, sha256 ?? etag]);
    hash.update(JSON.stringify([split, named]));
  }
  return hash.digest('hex').slice(0, VERSION_DIGITS);
}

function invalidManifest(source: ObjectSource, key: string, why: string, cause?: unknown): PermanentError {
  const message = `${source.name}/${key} is no manifest of a data set: ${why}. Stage the data set again.`;
  return new PermanentError('DatasetInvalid', message, { cause, context: { key } });
}
