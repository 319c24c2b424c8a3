import { PermanentError } from '../errors/errors.ts';
import {
  byCodePoint,
  datasetPrefix,
  inUsualOrder,
  MANIFEST_NAME,
  type Manifest,
  manifestSchema,
  splitOfKey,
} from './layout.ts';
import type { ObjectSource } from './object-source.ts';

/** A manifest longer than this is none. In bytes. */
const MAX_MANIFEST_BYTES = 64 * 1024 ** 2;

/** One parquet file of a split; `sha256` is missing where there is no manifest. */
export interface StoredFile {
  key: string;
  /** In bytes. */
  size: number;
  sha256?: string;
}

/** The files of one data set, splits in the order in which they are loaded. */
export interface StoredDataset {
  prefix: string;
  revision: string;
  splits: { split: string; files: StoredFile[] }[];
}

/**
 * Finds a data set in the bucket by its manifest, or where there is none by listing its folder.
 * @throws PermanentError DatasetMissing, DatasetInvalid (unreadable manifest), BadTaskDefinition (impossible name)
 * @throws TransientError Unavailable
 */
export async function findDataset(
  source: ObjectSource,
  datasetPath: string,
  datasetName: string | null,
): Promise<StoredDataset> {
  const prefix = datasetPrefix(datasetPath, datasetName);
  const manifest = await readManifest(source, prefix);
  const splits = manifest === undefined ? await listSplits(source, prefix) : splitsOf(manifest, prefix);
  if (splits.length > 0) return { prefix, revision: manifest?.revision ?? 'unknown', splits };
  const name = datasetName === null ? datasetPath : `${datasetPath} (${datasetName})`;
  throw new PermanentError(
    'DatasetMissing',
    `the data set ${name} is not staged: ${source.name}/${prefix} holds no parquet files. ` +
      'Stage it: npm run sampler -- stage datasets --from DIR',
    { context: { datasetPath, datasetName, prefix } },
  );
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
  for await (const { key, size } of source.list(prefix)) {
    const place = splitOfKey(key, prefix);
    if (place !== undefined) bySplit.set(place.split, [...(bySplit.get(place.split) ?? []), { key, size }]);
  }
  return inUsualOrder(bySplit.keys()).map((split) => {
    const files = bySplit.get(split) ?? [];
    return { split, files: files.sort((a, b) => byCodePoint(a.key, b.key)) };
  });
}

function invalidManifest(source: ObjectSource, key: string, why: string, cause?: unknown): PermanentError {
  const message = `${source.name}/${key} is no manifest of a data set: ${why}. Stage the data set again.`;
  return new PermanentError('DatasetInvalid', message, { cause, context: { key } });
}
