import { RecentlyUsed } from '../cache/recently-used.ts';
import type { Asking } from './registry.ts';
import { RowCache } from './row-cache.ts';
import type { TableInfo } from './table-info.ts';

/** Tables of which something is kept ready; one is some kilobytes, and counts one. */
export const MOST_TABLES = { chars: 500, charsOfOne: 1 } as const;
/** How long what a task is registered with serves messages that were sent before it was looked up. */
const SERVES_MS = 30_000;

/** The table that a task was registered with at a moment. */
export interface LookedUp {
  readonly info: TableInfo;
  /** In milliseconds since 1970, before the query went out. */
  readonly at: number;
}

/** What is known of a database. */
export interface Known {
  /** Tables of versions that were asked for, by task and version. */
  readonly tables: RecentlyUsed<TableInfo>;
  /** By task. */
  readonly current: RecentlyUsed<LookedUp>;
  /** Rows that were read last. */
  readonly rows: RowCache;
}

const known = new WeakMap<Asking, Known>();

/** What this process knows of the database behind these connections. */
export function knownOf(sql: Asking): Known {
  const found = known.get(sql) ?? {
    tables: new RecentlyUsed<TableInfo>(MOST_TABLES),
    current: new RecentlyUsed<LookedUp>({ ...MOST_TABLES, ms: SERVES_MS }),
    rows: new RowCache(),
  };
  known.set(sql, found);
  return found;
}

/** Forgets tables and rows that were read through these connections, so that Postgres is asked for them again. */
export function forgetKnown(sql: Asking): void {
  known.delete(sql);
}
