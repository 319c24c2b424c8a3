import type { Bucket } from '../../lib/bucket/bucket.ts';
import { DATASETS_PREFIX, MANIFEST_NAME, manifestSchema } from '../../lib/bucket/layout.ts';

const INCLUDE_PREFIX = 'include/';

/** A data set or a folder of definitions in the bucket. */
export interface StagedFolder {
  readonly kind: 'data set' | 'include';
  /** Its prefix without the `/` at its end: `datasets/gsm8k/main`, `include/house`. */
  readonly name: string;
  readonly files: number;
  readonly bytes: number;
  /** Of a data set that came with a manifest. */
  readonly revision: string | null;
  readonly splits: readonly string[];
  readonly keys: readonly string[];
}

/** What is staged besides the harness, by name. @throws TransientError Unavailable */
export async function stagedFolders(bucket: Bucket): Promise<StagedFolder[]> {
  const found = new Map<string, { keys: string[]; bytes: number; splits: Set<string> }>();
  for (const prefix of [DATASETS_PREFIX, INCLUDE_PREFIX]) {
    for await (const { key, size } of bucket.list(prefix)) {
      const name = folderOf(key);
      if (name === undefined) continue;
      const folder = found.get(name) ?? { keys: [], bytes: 0, splits: new Set() };
      found.set(name, folder);
      folder.keys.push(key);
      folder.bytes += size;
      const split = /\/([^/]+)\/[^/]+\.parquet$/.exec(key.slice(name.length))?.[1];
      if (split !== undefined) folder.splits.add(split);
    }
  }
  const folders: StagedFolder[] = [];
  for (const [name, { keys, bytes, splits }] of [...found].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const kind = name.startsWith(DATASETS_PREFIX) ? 'data set' : 'include';
    const revision = kind === 'include' ? null : await revisionOf(bucket, name);
    folders.push({ kind, name, files: keys.length, bytes, revision, splits: [...splits], keys });
  }
  return folders;
}

/** `datasets/gsm8k/main` of `datasets/gsm8k/main/test/0000.parquet`; `include/house` of all below it. */
function folderOf(key: string): string | undefined {
  const parts = key.split('/');
  if (key.startsWith(INCLUDE_PREFIX)) return parts.length > 2 ? parts.slice(0, 2).join('/') : undefined;
  const last = parts.at(-1) ?? '';
  const depth = last.endsWith('.parquet') ? 2 : 1;
  return parts.length - depth > 1 ? parts.slice(0, -depth).join('/') : undefined;
}

async function revisionOf(bucket: Bucket, name: string): Promise<string | null> {
  const manifest = await bucket.get(`${name}/${MANIFEST_NAME}`);
  if (manifest === null || manifest === 'unchanged') return null;
  try {
    return manifestSchema.parse(JSON.parse(new TextDecoder().decode(manifest.body))).revision;
  } catch {
    return 'its manifest can not be read';
  }
}
