/** How much is kept. */
export interface Room {
  /** Of all entries together. */
  readonly chars: number;
  /** Of one entry; larger ones would displace the others, and are not kept. */
  readonly charsOfOne: number;
  readonly entries?: number;
  /** How long an entry is given, however often it is asked for; without end where not given. */
  readonly ms?: number;
  /** Milliseconds of a clock that only goes forward. */
  readonly now?: () => number;
}

interface Entry<Value> {
  readonly value: Value;
  readonly chars: number;
  readonly until: number;
}

/** What was used last, as much as there is room for: what a process keeps from one message to the next. */
export class RecentlyUsed<Value> {
  /** The one that was used last stands last: the first one is the next to be forgotten. */
  readonly #entries = new Map<string, Entry<Value>>();
  readonly #room: Required<Room>;
  #chars = 0;

  constructor(room: Room) {
    const { entries = Number.POSITIVE_INFINITY, ms = Number.POSITIVE_INFINITY, now = () => performance.now() } = room;
    this.#room = { ...room, entries, ms, now };
  }

  /** The keys of what is kept, what was used longest ago first. */
  keys(): Iterable<string> {
    return this.#entries.keys();
  }

  has(key: string): boolean {
    return this.#entries.has(key);
  }

  /** The value, which counts as used now; undefined where none is kept or its time is over. */
  get(key: string): Value | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined || entry.until <= this.#room.now()) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return entry.value;
  }

  /** Keeps a value in place of one of the same key, and forgets what there is no room for any more. */
  set(key: string, value: Value, chars: number): void {
    const { chars: maxChars, charsOfOne, entries: maxEntries, ms, now } = this.#room;
    if (chars > charsOfOne) return;
    this.delete(key);
    this.#entries.set(key, { value, chars, until: now() + ms });
    this.#chars += chars;
    for (const oldest of this.#entries.keys()) {
      if (this.#chars <= maxChars && this.#entries.size <= maxEntries) return;
      this.delete(oldest);
    }
  }

  clear(): void {
    this.#entries.clear();
    this.#chars = 0;
  }

  /** Forgets one, where it is kept. */
  delete(key: string): void {
    this.#chars -= this.#entries.get(key)?.chars ?? 0;
    this.#entries.delete(key);
  }
}
