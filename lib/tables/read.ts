import { RecentlyUsed } from '../cache/recently-used.ts';
import { isOutage } from '../clients/outage.ts';
import { WAITS } from '../clients/waits.ts';
import { PermanentError, TransientError } from '../errors/errors.ts';
import type { ColumnType } from '../parquet/column-type.ts';
import type { Doc, PyValue } from '../python/value.ts';
import { parseCell, selectExpression } from './cell.ts';
import { foreignDescription, foreignExpression, parseForeign } from './foreign-table.ts';
import { askLimited, askLimitedRaw } from './limited.ts';
import { codeOf, explainPostgres } from './postgres-errors.ts';
import { type Asking, parseDescription, UNDEFINED_TABLE } from './registry.ts';
import { type Row, RowCache } from './row-cache.ts';
import {
  type Dataset,
  datasetOf,
  quoteName,
  quoteText,
  retiredName,
  type TableDescription,
  versionHeld,
} from './table.ts';

/** Tables whose description is kept ready; one is some kilobytes. */
const MAX_KEPT = 500;
/** How long what a task is registered with serves messages that were sent before it was looked up. */
const SERVES_MS = 30_000;
/** The clock of whoever took a message differs from ours by less. */
const CLOCKS_MS = 1_000;
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

/** The rows of a split: `__id`s from `min` to `max`, both included and none missing; `count` of them, at least one. */
export interface SplitInfo {
  readonly min: number;
  readonly max: number;
  readonly count: number;
}

/** A data set's table: all that has to be known to read it. */
export interface TableInfo {
  readonly table: string;
  /** In the data set's order and with its names. */
  readonly columns: readonly { readonly name: string; readonly type: ColumnType }[];
  /** In the order of `__id`. Splits without rows are not in it. */
  readonly splits: ReadonlyMap<string, SplitInfo>;
  /** Which version of the data set it holds; undefined where another program made it. */
  readonly version: string | undefined;
  /** The data set in it; undefined where another program made it. */
  readonly dataset: Dataset | undefined;
  /** Changes when the table is rebuilt. */
  readonly oid: string;
  /** What reads a document: the expressions to ask for, and a parser for each. */
  readonly reader: DocReader;
}

/** How a row becomes a document. */
export interface DocReader {
  readonly select: string;
  readonly names: readonly string[];
  readonly parsers: readonly ((text: string) => PyValue)[];
}

const kept = new Map<string, TableInfo>();
/** The table that a task was registered with at a moment. */
interface LookedUp {
  readonly info: TableInfo;
  /** In milliseconds since 1970, before the query went out. */
  readonly at: number;
}

/** What is known of a database. */
interface Known {
  /** Tables of versions that were asked for, by task and version. */
  readonly tables: Map<string, TableInfo>;
  /** By task. */
  readonly current: RecentlyUsed<LookedUp>;
  /** Rows that were read last. */
  readonly rows: RowCache;
}

const known = new WeakMap<Asking, Known>();

function knownOf(sql: Asking): Known {
  const found = known.get(sql) ?? {
    tables: new Map<string, TableInfo>(),
    // Each counts one.
    current: new RecentlyUsed<LookedUp>({ chars: MAX_KEPT, charsOfOne: 1, ms: SERVES_MS }),
    rows: new RowCache(),
  };
  known.set(sql, found);
  return found;
}

/** Forgets tables and rows that were read through these connections, so that Postgres is asked for them again. */
export function forgetRows(sql: Asking): void {
  known.delete(sql);
}

/**
 * The table that a task is registered with: one query. What it learns is kept in the process, but the query is made each
 * time and notices a table that was rebuilt; reads check that they still read the same table.
 * @param version the version of the data set that is wanted, also where another one has taken its place since
 * @throws TransientError NotRegistered (a register may be on its way), Unavailable
 * @throws PermanentError DatasetInvalid where that version is kept no longer
 */
export async function openTable(sql: Asking, taskName: string, version?: string): Promise<TableInfo> {
  try {
    // NUL ends a statement, and no name in Postgres holds it.
    if (taskName.includes('\0')) throw notRegistered(taskName);
    // Without parameters a statement goes out and comes back at once; with them Postgres is first asked what they are.
    const rows = await askLimited(
      sql,
      `SELECT r.dataset_table_name AS table, c.oid::text AS oid, obj_description(c.oid, 'pg_class') AS description
      FROM task_registry r JOIN pg_class c ON c.oid = to_regclass(quote_ident(r.dataset_table_name))
      WHERE r.task_name = ${quoteText(taskName)}`,
    );
    const [row] = rows;
    if (row === undefined) throw notRegistered(taskName);
    const current = await tableInfo(sql, String(row['table']), String(row['oid']), row['description']);
    if (version === undefined || current.version === version) return current;
    return await openRetired(sql, current.table, version);
  } catch (error) {
    if (codeOf(error) === UNDEFINED_TABLE) throw notRegistered(taskName);
    throw explainPostgres(`looking up the table of task ${taskName}`, error);
  }
}

/**
 * As {@link openTable}, for a message: what was looked up after it was sent serves it without any query. Whatever its sender had
 * waited for was there by then. So the messages of a flood, which wait while others are worked on, share one query.
 * @param sentAt when it was sent, in milliseconds since 1970; looked up each time where that is not known
 */
export async function openTableFor(sql: Asking, taskName: string, sentAt: number | undefined): Promise<TableInfo> {
  if (sentAt === undefined) return await openTable(sql, taskName);
  const before = knownOf(sql).current.get(taskName);
  if (before !== undefined && before.at >= sentAt + CLOCKS_MS) return before.info;
  const at = Date.now();
  const info = await openTable(sql, taskName);
  // Another program's table may grow without notice.
  if (info.version !== undefined) knownOf(sql).current.set(taskName, { info, at }, 1);
  return info;
}

/**
 * As {@link openTable}, for a version that was asked for before without any query: what is read of it shows whether that is still
 * the table. {@link forgetTable} makes it look again.
 */
export async function openVersion(sql: Asking, taskName: string, version: string | undefined): Promise<TableInfo> {
  if (version === undefined) return await openTable(sql, taskName);
  const { tables } = knownOf(sql);
  const key = `${taskName}\0${version}`;
  const found = tables.get(key) ?? (await openTable(sql, taskName, version));
  tables.delete(key);
  tables.set(key, found);
  const [oldest] = tables.keys();
  if (tables.size > MAX_KEPT && oldest !== undefined) tables.delete(oldest);
  return found;
}

/** Forgets which table holds a version, as it was dropped, renamed or rebuilt. */
export function forgetTable(sql: Asking, taskName: string, version: string): void {
  knownOf(sql).tables.delete(`${taskName}\0${version}`);
}

/** Whether an error says that a table is not the one that it was. */
export function isOtherTable(error: unknown): boolean {
  return error instanceof TransientError && error.code === 'NotRegistered';
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
 * The documents at these positions of a split (0 is its first), each once, by ascending `__id`.
 * @throws as {@link readDocsByIds}; a split without rows has no positions
 */
export async function readDocsByPositions(
  sql: Asking,
  info: TableInfo,
  split: string,
  positions: readonly number[],
): Promise<Doc[]> {
  const range = info.splits.get(split);
  const wrong = positions.find((position) => !(position >= 0 && position < (range?.count ?? 0)));
  if (range !== undefined && wrong === undefined) {
    return await readDocsByIds(
      sql,
      info,
      positions.map((position) => range.min + position),
    );
  }
  if (positions.length === 0) return [];
  const message = `split ${split} of table ${JSON.stringify(info.table)} has ${range?.count ?? 0} documents, and none at position ${wrong}.`;
  throw new PermanentError('DocIdsOutsideSplit', message, { context: { table: info.table, split } });
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

async function openRetired(sql: Asking, table: string, version: string): Promise<TableInfo> {
  const name = retiredName(table, version);
  const [row] = await sql`
    SELECT c.oid::text AS oid, obj_description(c.oid, 'pg_class') AS description
    FROM pg_class c WHERE c.oid = to_regclass(quote_ident(${name}::text))`;
  if (row !== undefined) return await tableInfo(sql, name, String(row['oid']), row['description']);
  const message =
    `the table ${JSON.stringify(table)} holds another version of its data set than the one that the request was planned ` +
    'on, and that one is kept no longer. Send the request again.';
  throw new PermanentError('DatasetInvalid', message, { context: { table, version } });
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

async function tableInfo(sql: Asking, table: string, oid: string, comment: unknown): Promise<TableInfo> {
  const key = `${oid}\0${table}\0${comment}`;
  const before = kept.get(key);
  if (before !== undefined) return before;
  const description = parseDescription(comment, table);
  const version = description && versionHeld(description);
  const dataset = description && datasetOf(description);
  const info = describe({ table, oid, version, dataset }, description ?? (await foreignDescription(sql, table)));
  // Another program's table may grow without notice, so it is checked each time.
  if (description === undefined) return info;
  const [oldest] = kept.keys();
  if (kept.size >= MAX_KEPT && oldest !== undefined) kept.delete(oldest);
  kept.set(key, info);
  return info;
}

function describe(
  known: Pick<TableInfo, 'table' | 'oid' | 'version' | 'dataset'>,
  { columns, splits }: Pick<TableDescription, 'columns' | 'splits'>,
): TableInfo {
  const foreign = known.version === undefined;
  const [expression, parse] = foreign ? [foreignExpression, parseForeign] : [selectExpression, parseCell];
  const filled = splits.filter(({ count }) => count > 0);
  return {
    ...known,
    columns: columns.map(({ name, type }) => ({ name, type })),
    splits: new Map(filled.map(({ split, first, count }) => [split, { min: first, max: first + count - 1, count }])),
    reader: {
      select: columns.map(({ column, type }) => `, ${expression(type, quoteName(column))}`).join(''),
      names: columns.map(({ name }) => name),
      parsers: columns.map(({ type }) => parse(type)),
    },
  };
}

function idExists({ splits }: TableInfo, id: number): boolean {
  return splits.values().some(({ min, max }) => Number.isInteger(id) && id >= min && id <= max);
}

function notRegistered(task: string): TransientError {
  const message = `the task ${task} is not registered: there is no data set's table for it. Send a register message that names it: npx sampler register ${task} --wait`;
  return new TransientError('NotRegistered', message, { context: { task } });
}

function changed({ table }: TableInfo, cause?: unknown): TransientError {
  const message = `the table ${JSON.stringify(table)} is not what it was a moment ago: it was dropped or rebuilt. It is tried again.`;
  return new TransientError('NotRegistered', message, { cause, context: { table } });
}
