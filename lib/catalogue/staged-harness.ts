import type { Bucket } from '../bucket/bucket.ts';
import { PermanentError, TransientError } from '../errors/errors.ts';
import type { Logger } from '../log/log.ts';
import type { TaskEntry } from './entry.ts';
import { type IncludeRoot, readInclude } from './include.ts';
import { KnownEntries } from './known-entries.ts';
import { decodeSources } from './sources.ts';
import { decodePack, decodeRoot, decodeTask, rootKey, type StoredRoot } from './stored.ts';
import type { TaskIndex } from './task-index.ts';

/** How long what was read is taken for current, in milliseconds. */
const FRESH_MS = 60_000;
/** Packs kept in memory, about 250 KB each. */
const MAX_PACKS = 64;

/** A catalogue as it was at one moment. */
export interface OpenedHarness {
  readonly index: TaskIndex;
  find(name: string): Promise<TaskEntry | null>;
  /** Python modules of the harness by path. */
  sources(): Promise<ReadonlyMap<string, string>>;
}

interface Known<T> {
  readonly value: T;
  readonly checked: number;
}

/** Where a harness is read from: a bucket, or what was kept of a wheel. */
export type HarnessStore = Pick<Bucket, 'name' | 'get' | 'list'>;

/** One staged harness in one bucket, and what was read of it. */
export class StagedHarness {
  readonly #bucket: HarnessStore;
  readonly #key: string;
  readonly #place: string;
  readonly #packs = new Map<string, Promise<string[]>>();
  readonly #entries = new KnownEntries();
  readonly #includes = new Map<string, Known<IncludeRoot>>();
  #sources: { readonly key: string; readonly texts: ReadonlyMap<string, string> } | undefined;
  #root: Known<{ root: StoredRoot; etag: string | undefined }> | undefined;
  #refreshing: Promise<StoredRoot> | undefined;

  constructor(bucket: HarnessStore, version: string) {
    this.#bucket = bucket;
    this.#key = rootKey(version);
    this.#place = `${bucket.name}/${this.#key}`;
  }

  /** @throws TransientError HarnessNotStaged or Unavailable; PermanentError HarnessNotStaged where the root is damaged. */
  async open(): Promise<OpenedHarness> {
    const root = await this.#current();
    return { index: root.index, find: (name) => this.#find(root, name), sources: () => this.#readSources(root) };
  }

  /** The definitions below `include/<name>/`. @throws as `readInclude` does. */
  async include(name: string, log: Logger): Promise<IncludeRoot> {
    const known = this.#includes.get(name);
    if (known && isFresh(known)) return known.value;
    const value = await readInclude(this.#bucket, name, known?.value, log);
    this.#includes.set(name, { value, checked: Date.now() });
    return value;
  }

  async #current(): Promise<StoredRoot> {
    if (this.#root && isFresh(this.#root)) return this.#root.value.root;
    this.#refreshing ??= this.#refresh().finally(() => {
      this.#refreshing = undefined;
    });
    return this.#refreshing;
  }

  async #refresh(): Promise<StoredRoot> {
    const known = this.#root?.value;
    const got = await this.#bucket.get(this.#key, known?.etag);
    if (got === 'unchanged' && known) {
      this.#root = { value: known, checked: Date.now() };
      return known.root;
    }
    if (got === null || got === 'unchanged') {
      throw new TransientError(
        'HarnessNotStaged',
        `There is no task catalogue at ${this.#place}. Stage it: npm run sampler -- stage harness`,
      );
    }
    const root = decodeRoot(got.body);
    this.#root = { value: { root, etag: got.etag }, checked: Date.now() };
    return root;
  }

  async #find(root: StoredRoot, name: string): Promise<TaskEntry | null> {
    const place = root.places.get(name);
    if (place === undefined) return null;
    const [key, line] = place;
    const stored = (await this.#pack(key))[line];
    const entry = stored === undefined ? null : this.#decode(stored);
    if (entry?.name === name) return entry;
    throw new PermanentError(
      'HarnessNotStaged',
      `Task ${name} is not where the catalogue at ${this.#place} has it; stage the harness again.`,
    );
  }

  #decode(stored: string): TaskEntry {
    const known = this.#entries.find(stored);
    if (known !== undefined) return known;
    const entry = decodeTask(stored);
    this.#entries.keep(stored, entry);
    return entry;
  }

  #pack(key: string): Promise<string[]> {
    const pack = this.#packs.get(key) ?? this.#readPack(key);
    // Last used goes last, so that the first is the one to forget.
    this.#packs.delete(key);
    this.#packs.set(key, pack);
    const [oldest] = this.#packs.keys();
    if (this.#packs.size > MAX_PACKS && oldest !== undefined) this.#packs.delete(oldest);
    return pack;
  }

  async #readSources({ sources: key }: StoredRoot): Promise<ReadonlyMap<string, string>> {
    if (key === undefined) {
      throw new PermanentError(
        'HarnessNotStaged',
        `The catalogue at ${this.#place} was staged without Python modules. Stage it again: npm run sampler -- stage harness`,
      );
    }
    if (this.#sources?.key !== key) this.#sources = { key, texts: decodeSources(await this.#part(key)) };
    return this.#sources.texts;
  }

  async #part(key: string): Promise<Uint8Array> {
    const got = await this.#bucket.get(key);
    if (got !== null && got !== 'unchanged') return got.body;
    throw new PermanentError(
      'HarnessNotStaged',
      `${key}, a part of the catalogue at ${this.#place}, is gone; stage the harness again.`,
    );
  }

  async #readPack(key: string): Promise<string[]> {
    try {
      return decodePack(await this.#part(key));
    } catch (error) {
      this.#packs.delete(key);
      throw error;
    }
  }
}

function isFresh({ checked }: Known<unknown>): boolean {
  return Date.now() - checked < FRESH_MS;
}
