import { open, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { DATASETS_PREFIX, splitOfKey } from '../bucket/layout.ts';
import type { ObjectSource, ObjectStat } from '../bucket/object-source.ts';
import { filesBelow } from '../datasets/folder-files.ts';
import { hubFolders, hubPlace, shardName } from '../datasets/hub-layout.ts';
import { PermanentError, TransientError } from '../errors/errors.ts';
import { whyNoFile } from '../errors/file-reason.ts';
import { compareCodePoints } from '../python/sort.ts';

/**
 * A folder of data sets in the bucket's layout, read as the bucket's `datasets/` would be. What lies there in the hub's layout shows, once
 * it is listed, where staging it would put it.
 */
export class FolderSource implements ObjectSource {
  readonly name: string;
  readonly #dir: string;
  /** Paths of listed files in the hub's layout, by key. */
  readonly #ofHub = new Map<string, string>();

  constructor(dir: string) {
    this.#dir = resolve(dir);
    // Messages put the key behind it, which begins with "datasets/".
    this.name = basename(this.#dir) === 'datasets' ? dirname(this.#dir) : `${this.#dir}:`;
  }

  /** Where a key's file is, for messages. */
  locate(key: string): string {
    return this.#path(key);
  }

  async stat(key: string): Promise<ObjectStat | undefined> {
    try {
      const found = await stat(this.#path(key));
      return found.isFile() ? { size: found.size } : undefined;
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw unreadable(this.#path(key), error);
    }
  }

  async readRange(key: string, start: number, end: number): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = new Uint8Array(Math.max(0, end - start));
    const file = await open(this.#path(key)).catch((error: unknown) => {
      throw unreadable(this.#path(key), error);
    });
    try {
      let filled = 0;
      while (filled < bytes.length) {
        const { bytesRead } = await file.read(bytes, filled, bytes.length - filled, start + filled);
        if (bytesRead === 0) throw unreadable(this.#path(key), `it ends before byte ${end}`);
        filled += bytesRead;
      }
      return bytes;
    } finally {
      await file.close();
    }
  }

  async *list(prefix: string): AsyncGenerator<{ key: string; size: number }> {
    const laidOut = (await this.#filesBelow(this.#path(prefix))).map((path) => prefix + path.split(sep).join('/'));
    const parquet = laidOut.some((key) => splitOfKey(key, prefix) !== undefined);
    const keys = parquet ? laidOut : [...laidOut, ...(await this.#listHub(prefix))];
    for (const key of keys.sort(compareCodePoints)) {
      const found = await this.stat(key);
      if (found) yield { key, size: found.size };
    }
  }

  /** The keys that files of the hub's layout would have, below the prefix of a data set. */
  async #listHub(prefix: string): Promise<string[]> {
    const dataset = prefix.slice(DATASETS_PREFIX.length).replace(/\/$/, '');
    const keys: string[] = [];
    for (const folder of hubFolders(dataset)) {
      const numbers = new Map<string, number>();
      for (const path of (await this.#filesBelow(join(this.#dir, folder))).sort(compareCodePoints)) {
        const parts = [...folder.split('/'), ...path.split(sep)];
        const place = path.includes(sep) || !path.endsWith('.parquet') ? undefined : hubPlace(parts);
        if (place?.folder !== dataset) continue;
        const at = numbers.get(place.split) ?? 0;
        numbers.set(place.split, at + 1);
        const key = `${prefix}${place.split}/${shardName(at)}`;
        this.#ofHub.set(key, join(this.#dir, folder, path));
        keys.push(key);
      }
      if (keys.length > 0) break;
    }
    return keys;
  }

  async #filesBelow(dir: string): Promise<string[]> {
    return await filesBelow(dir).catch((error: unknown) => {
      if (isMissing(error)) return [];
      throw error instanceof PermanentError ? error : unreadable(dir, error);
    });
  }

  #path(key: string): string {
    return this.#ofHub.get(key) ?? join(this.#dir, key.slice(DATASETS_PREFIX.length));
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
}

function unreadable(path: string, why: unknown): TransientError {
  const reason = whyNoFile(why);
  return new TransientError('Unavailable', `${path} can't be read: ${reason}.`, { cause: why });
}
