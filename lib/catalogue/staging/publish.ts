import { createHash } from 'node:crypto';
import pMap from 'p-map';
import type { Bucket } from '../../bucket/bucket.ts';
import type { TaskEntry } from '../entry.ts';
import { encodeSources, sourcesNeeded } from '../sources.ts';
import { encodePack, encodeRoot, encodeTask, rootKey } from '../stored.ts';
import type { TaskIndex } from '../task-index.ts';

/** A pack is closed when it holds this much text, in UTF-16 units. */
const PACK_SIZE = 250_000;
const PARALLEL_WRITES = 16;

/**
 * Writes a catalogue, and the Python modules that its tasks' functions need. Packs and modules are named after their content
 * and written first, the root last: a reader sees the old catalogue or the new one, never half of it. Those of earlier ones
 * stay, since a reader may still be at them.
 * @param modules all texts of the harness's package by path
 * @throws TransientError Unavailable where S3 fails.
 */
export async function publishCatalogue(
  bucket: Pick<Bucket, 'put'>,
  version: string,
  index: TaskIndex,
  entries: readonly TaskEntry[],
  modules: ReadonlyMap<string, string> = new Map(),
): Promise<{ objects: number; bytes: number }> {
  const packs = pack(entries).map((lines) => {
    const digest = digestOf(lines.map(({ line }) => line).join('\n'));
    const body = encodePack(lines.map(({ line }) => line));
    return { key: `harness/${version}/packs/${digest}.gz`, tasks: lines.map(({ name }) => name), body };
  });
  const needed = sourcesNeeded(entries, modules);
  const digest = digestOf(JSON.stringify([...needed]));
  const sources = { key: `harness/${version}/sources/${digest}.json.gz`, body: encodeSources(needed) };
  const written = [...packs, sources];
  await pMap(written, ({ key, body }) => bucket.put(key, body), { concurrency: PARALLEL_WRITES });
  const root = encodeRoot(
    version,
    index,
    packs.map(({ key, tasks }) => ({ key, tasks })),
    sources.key,
  );
  await bucket.put(rootKey(version), root);
  return { objects: written.length + 1, bytes: written.reduce((sum, { body }) => sum + body.length, root.length) };
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}

/** Tasks that stand together in the harness lie together: a family costs few reads, and packs well. */
function pack(entries: readonly TaskEntry[]): { name: string; line: string }[][] {
  const packs: { name: string; line: string }[][] = [];
  let size = PACK_SIZE;
  for (const entry of entries) {
    if (size >= PACK_SIZE) {
      packs.push([]);
      size = 0;
    }
    const line = encodeTask(entry);
    packs.at(-1)?.push({ name: entry.name, line });
    size += line.length;
  }
  return packs;
}
