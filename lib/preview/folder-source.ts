import { open, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { DATASETS_PREFIX } from '../bucket/layout.ts';
import type { ObjectSource, ObjectStat } from '../bucket/object-source.ts';
import { filesBelow } from '../datasets/folder-files.ts';
import { messageOf, PermanentError, TransientError } from '../errors/errors.ts';
import { compareCodePoints } from '../python/sort.ts';

/** A folder of data sets in the bucket's layout, read as the bucket's `datasets/` would be. */
export class FolderSource implements ObjectSource {
  readonly name: string;
  readonly #dir: string;

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
    const root = this.#path(prefix);
    const files = await filesBelow(root).catch((error: unknown) => {
      if (isMissing(error)) return [];
      throw error instanceof PermanentError ? error : unreadable(root, error);
    });
    const keys = files.map((path) => prefix + path.split(sep).join('/'));
    for (const key of keys.sort(compareCodePoints)) {
      const found = await this.stat(key);
      if (found) yield { key, size: found.size };
    }
  }

  #path(key: string): string {
    return join(this.#dir, key.slice(DATASETS_PREFIX.length));
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
}

function unreadable(path: string, why: unknown): TransientError {
  const reason = messageOf(why);
  return new TransientError('Unavailable', `${path} can't be read: ${reason}.`, { cause: why });
}
