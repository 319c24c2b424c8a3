import { isOutage } from '../clients/outage.ts';
import { WAITS } from '../clients/waits.ts';
import { PermanentError, TransientError } from '../errors/errors.ts';
import type { Doc } from '../python/value.ts';
import { knownOf } from './known.ts';
import { askLimitedRaw } from './limited.ts';
import { codeOf, explainPostgres } from './postgres-errors.ts';
import type { Asking } from './registry.ts';
import { type Row, RowCache } from './row-cache.ts';
import { quoteName } from './table.ts';
import type { TableInfo } from './table-info.ts';

/** Rows that {@link streamSplit} asks for at a time. */
const STREAM_ROWS = 500;
/** What Postgres says of a statement that took longer than it may. */
const ENDED = '57014';

/** How much rows may be, and how long reading them may take. */
export interface ReadLimits {
  /** Of each row, in bytes. */
  readonly rowBytes: number;
  readonly ms: number;
}

/** Of rows that are read where other work waits: a long one takes memory that all of it needs, and a table may be locked. */
export const SMALL_READ: ReadLimits = { rowBytes: 1_000_000, ms: WAITS.postgresStatementTogether };

/**
 * Rows are longer than {@link ReadLimits} allow (or not what they were, which reading them without limits tells), or did not come in
 * time, as where somebody has a lock on their table.
 */
export class BeyondLimits extends Error {
  readonly why: 'long' | 'late';

  constructor(why: 'long' | 'late') {
    super(`rows are too ${why} to be read where other work waits`);
    this.why = why;
  }
}

/**
 * The documents with these ids, each once, by ascending `__id`. `__id` is a document's first key; `__split` is left out.
 * @throws PermanentError DocIdsOutsideSplit where the table holds no such id
 * @throws TransientError Unavailable, NotRegistered (the table was rebuilt since `info` was got)
 * @throws BeyondLimits where any are given
 */
export async function readDocsByIds(
  sql: Asking,
  info: TableInfo,
  ids: readonly number[],
  limits?: ReadLimits,
): Promise<Doc[]> {
  const wanted = new Set(ids);
  for (const id of wanted) {
    if (!idExists(info, id)) {
      const message = `table ${JSON.stringify(info.table)} holds no document with the id ${id}.`;
      throw new PermanentError('DocIdsOutsideSplit', message, { context: { table: info.table, id } });
    }
  }
  // Another program's table can change under its oid.
  const { rows } = info.version === undefined ? { rows: new RowCache(0) } : knownOf(sql);
  const here = rows.find(info.oid, [...wanted]);
  const missing = [...wanted].filter((id) => !here.has(id));
  const read =
    missing.length === 0 ? [] : await query(sql, info, `= ANY('{${missing}}'::int[])`, missing.length, limits);
  const readById = new Map(read.map((row) => [Number(row[0]), row]));
  rows.keep(info.oid, readById);
  return [...wanted].sort((a, b) => a - b).map((id) => docOfRow(info, here.get(id) ?? readById.get(id) ?? []));
}

/**
 * All documents of a split by ascending `__id`, in batches. Each batch is a query of its own, so that no connection is
 * held while the caller works.
 * @throws as {@link readDocsByIds}
 */
export async function* streamSplit(sql: Asking, info: TableInfo, split: string): AsyncGenerator<Doc[]> {
  const range = info.splits.get(split);
  if (range === undefined) return;
  for (let from = range.min; from <= range.max; from += STREAM_ROWS) {
    const to = Math.min(range.max, from + STREAM_ROWS - 1);
    const rows = await query(sql, info, `BETWEEN ${from} AND ${to}`, to - from + 1);
    yield rows.map((row) => docOfRow(info, row));
  }
}

/** Rows by ascending `__id`, which is the first of each row's cells. `which` holds numbers of ours alone. */
async function query(
  sql: Asking,
  info: TableInfo,
  which: string,
  expected: number,
  limits?: ReadLimits,
): Promise<Row[]> {
  const { select } = info.reader;
  // As text, since what Postgres stores may be a hundredth of it.
  const small = limits === undefined ? '' : ` AND octet_length((r.*)::text) <= ${limits.rowBytes}`;
  // As Postgres' own text, so that neither the client's types nor its settings come between.
  const statement = `SELECT tableoid::text, "__id"${select} FROM ${quoteName(info.table)} r WHERE "__id" ${which}${small} ORDER BY "__id"`;
  let rows: (Buffer | null)[][];
  try {
    rows = await askLimitedRaw(sql, statement, limits?.ms);
  } catch (error) {
    if (limits !== undefined && codeOf(error) === ENDED) throw new BeyondLimits('late');
    // It is too much for Postgres itself.
    if (limits !== undefined && !isOutage(error)) throw new BeyondLimits('long');
    // Tables that are rebuilt may have other columns, or be missing for a moment.
    if (/^42(P01|703)$/.test(codeOf(error))) throw changed(info, error);
    throw explainPostgres(`reading table ${JSON.stringify(info.table)}`, error);
  }
  if (limits !== undefined && rows.length < expected) throw new BeyondLimits('long');
  const replaced = rows[0] !== undefined && rows[0][0]?.toString() !== info.oid;
  if (replaced || rows.length !== expected) throw changed(info);
  return rows.map((row) => row.slice(1).map((cell) => cell?.toString() ?? null));
}

function docOfRow({ reader: { names, parsers } }: TableInfo, row: Row): Doc {
  const doc: Doc = new Map([['__id', BigInt(row[0] ?? '')]]);
  for (const [index, name] of names.entries()) {
    const cell = row[index + 1] ?? null;
    const parse = parsers[index];
    if (name !== '__id') doc.set(name, cell !== null && parse ? parse(cell) : null);
  }
  return doc;
}

function idExists({ splits }: TableInfo, id: number): boolean {
  return splits.values().some(({ min, max }) => Number.isInteger(id) && id >= min && id <= max);
}

function changed({ table }: TableInfo, cause?: unknown): TransientError {
  const message = `the table ${JSON.stringify(table)} is not what it was a moment ago: it was dropped or rebuilt. It is tried again.`;
  return new TransientError('NotRegistered', message, { cause, context: { table } });
}
