import { createHash } from 'node:crypto';
import type { TaskEntry } from './entry.ts';
import { mapLimited } from './limited.ts';
import type { S3Objects } from './s3-object.ts';
import { encodePack, encodeRoot, encodeTask, rootKey } from './stored.ts';
import type { TaskIndex } from './task-index.ts';

/** A pack is closed when it holds this much text, in UTF-16 units. */
const PACK_SIZE = 250_000;
const PARALLEL_WRITES = 16;

/**
 * Writes a catalogue. Packs are named after their content and written first, the root last: a reader sees the old catalogue
 * or the new one, never half of it. Packs of earlier ones stay, since a reader may still be at them.
 * @throws TransientError Unavailable where S3 fails.
 */
export async function publishCatalogue(
  objects: S3Objects,
  version: string,
  index: TaskIndex,
  entries: readonly TaskEntry[],
): Promise<{ objects: number; bytes: number }> {
  const { packs, places, keys } = pack(entries, version);
  await mapLimited([...packs], PARALLEL_WRITES, ([key, body]) => objects.put(key, body));
  const root = encodeRoot({ harness: version, index, packs: keys, places });
  await objects.put(rootKey(version), root);
  const bytes = [...packs.values()].reduce((sum, body) => sum + body.length, root.length);
  return { objects: packs.size + 1, bytes };
}

/** Tasks that stand together in the harness lie together: a family costs few reads, and packs well. */
function pack(entries: readonly TaskEntry[], version: string) {
  const packs = new Map<string, Uint8Array>();
  const keys: string[] = [];
  const places = new Map<string, [number, number]>();
  let lines: string[] = [];
  let size = 0;
  const close = () => {
    const text = lines.join('\n');
    const key = `harness/${version}/packs/${createHash('sha256').update(text).digest('hex').slice(0, 32)}.gz`;
    keys.push(key);
    packs.set(key, encodePack(lines));
    lines = [];
    size = 0;
  };
  for (const entry of entries) {
    const line = encodeTask(entry);
    places.set(entry.name, [keys.length, lines.length]);
    lines.push(line);
    size += line.length;
    if (size >= PACK_SIZE) close();
  }
  if (lines.length > 0) close();
  return { packs, keys, places };
}
