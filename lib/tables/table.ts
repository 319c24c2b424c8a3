import { createHash } from 'node:crypto';
import * as z from 'zod';
import { PermanentError } from '../errors/errors.ts';
import type { Column, ColumnType } from '../parquet/column-type.ts';
import { postgresType } from './cell.ts';

/** Postgres cuts longer names off without a word. */
const MAX_NAME_BYTES = 63;
/** Of a table in Postgres, our own two among them. */
const MAX_COLUMNS = 1600;
const HASH_DIGITS = 12;
/** Our own columns, and those that every Postgres table has. */
const TAKEN = ['__id', '__split', 'tableoid', 'xmin', 'cmin', 'xmax', 'cmax', 'ctid'];
/** Names that no data set may have. */
const OTHER_TABLES = [
  'task_registry',
  'sampler_loads',
  'sampler_load_parts',
  'sampler_processed',
  'sampler_processed_docs',
  'sampler_processed_tasks',
];

/**
 * The table of a data set: `<path>--<name>` or `<path>`; one over 63 bytes is cut and ends in a hash of all of it.
 * @throws PermanentError BadTaskDefinition where there can't be such a table
 */
export function tableName(datasetPath: string, datasetName: string | null): string {
  const name = datasetName === null ? datasetPath : `${datasetPath}--${datasetName}`;
  if (name !== '' && !name.includes('\0') && !OTHER_TABLES.includes(name)) return fit(name);
  throw new PermanentError('BadTaskDefinition', `${JSON.stringify(name)} can't be the name of a data set's table.`);
}

/** `"name"`, as SQL wants names that may hold anything. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A text as SQL constant, whatever standard_conforming_strings is set to. */
export function quoteText(text: string): string {
  return `E'${text.replace(/['\\]/g, '\\$&')}'`;
}

/**
 * The columns' names in the table, in order. Most are the data set's own; too long, empty or taken ones get a stable
 * other one: their beginning and a hash of all of it.
 * @throws PermanentError DatasetInvalid where two columns have one name, or one holds NUL
 */
export function columnNames(names: readonly string[], dataset: string): string[] {
  const used = new Set<string>(TAKEN);
  const fits = (name: string) => name !== '' && Buffer.byteLength(name) <= MAX_NAME_BYTES && !TAKEN.includes(name);
  for (const [index, name] of names.entries()) {
    const twice = names.indexOf(name) !== index;
    if (twice || name.includes('\0')) {
      const problem = twice ? 'occurs twice' : 'holds a NUL character';
      throw new PermanentError('DatasetInvalid', `${dataset}: the column name ${JSON.stringify(name)} ${problem}.`);
    }
    if (fits(name)) used.add(name);
  }
  return names.map((name) => {
    if (fits(name)) return name;
    let candidate = shorten(name);
    while (used.has(candidate)) candidate = shorten(candidate);
    used.add(candidate);
    return candidate;
  });
}

const columnTypeSchema: z.ZodType<ColumnType> = z.lazy(() =>
  z.discriminatedUnion('kind', [
    z.object({
      kind: z.literal('int'),
      bits: z.union([z.literal(8), z.literal(16), z.literal(32), z.literal(64)]),
      signed: z.boolean(),
    }),
    z.object({ kind: z.literal('float'), bits: z.union([z.literal(16), z.literal(32)]).optional() }),
    z.object({ kind: z.enum(['bool', 'string', 'bytes', 'uuid', 'date', 'time', 'null', 'json']) }),
    z.object({
      kind: z.literal('timestamp'),
      nanos: z.boolean(),
      utc: z.boolean(),
      zone: z.string().optional(),
    }),
    z.object({ kind: z.literal('duration'), unit: z.enum(['s', 'ms', 'us', 'ns']) }),
    z.object({ kind: z.literal('decimal'), precision: z.number(), scale: z.number() }),
    z.object({ kind: z.literal('list'), item: columnTypeSchema }),
    z.object({ kind: z.literal('struct'), fields: z.array(z.object({ name: z.string(), type: columnTypeSchema })) }),
    z.object({ kind: z.literal('map'), key: columnTypeSchema, value: columnTypeSchema }),
  ]),
);

/**
 * What a table does not say about itself, kept as its comment, so that it comes and goes with the table: which data set
 * it holds, the columns' real names and types, and where each split begins.
 */
export const descriptionSchema = z.object({
  sampler: z.literal(1),
  dataset_path: z.string(),
  dataset_name: z.string().nullable(),
  /** Of the manifest. */
  revision: z.string(),
  /** Of the data set (stored-dataset.ts); tables that were loaded before there were versions have none. */
  version: z.string().optional(),
  /** The load in parts that filled it. */
  load: z.string().optional(),
  /** When another version took the table's place and name; ISO 8601. */
  retired_at: z.string().optional(),
  /** Name of the row filter that was applied; see row-filter.ts. */
  filter: z.string().nullable(),
  /** In the order of `__id`; `first` is the first `__id` of the split. */
  splits: z.array(z.object({ split: z.string(), first: z.int(), count: z.int() })),
  columns: z.array(z.object({ name: z.string(), column: z.string(), type: columnTypeSchema })),
});
export type TableDescription = z.infer<typeof descriptionSchema>;

/** A data set by the names that tasks have for it; a null configuration is the only one or the default. */
export interface Dataset {
  readonly path: string;
  readonly name: string | null;
}

/** Which data set a table holds. */
export function datasetOf(held: Pick<TableDescription, 'dataset_path' | 'dataset_name'>): Dataset {
  return { path: held.dataset_path, name: held.dataset_name };
}

/**
 * A task never reads another data set than its own, although its name is registered with one: two folders of definitions may
 * each have a task of that name, and its templates would make sense of some of the other's columns.
 * @param held undefined where another program made the table, which only its operator can know
 * @throws PermanentError DatasetInvalid
 */
export function requireDataset(task: string, wanted: Dataset, table: string, held: Dataset | undefined): void {
  if (held === undefined || (held.path === wanted.path && held.name === wanted.name)) return;
  const named = ({ path, name }: Dataset) => (name === null ? path : `${path}, configuration ${name}`);
  throw new PermanentError(
    'DatasetInvalid',
    `Task ${task} reads the data set ${named(wanted)}, but is registered with the table ${JSON.stringify(table)}, which holds ` +
      `${named(held)}. Two definitions have this name, or the task has moved to another data set. Rename one of them; or ` +
      `DELETE FROM task_registry WHERE task_name = '${task}', then register the one that is wanted.`,
    { context: { task, table } },
  );
}

/** Which version of its data set a table holds. */
export function versionHeld({ version, revision }: Pick<TableDescription, 'version' | 'revision'>): string {
  return version ?? revision;
}

/** Where a table goes when another version of its data set takes its name: a stable name, one for each version. */
export function retiredName(table: string, version: string): string {
  return shorten(table, `${table}\0${version}`);
}

/** The table that a load fills before it gets its name. */
export function stagingName(table: string, load: string): string {
  return shorten(table, `${table}\0loading\0${load}`);
}

/** The statement that makes a data set's table, without its primary key: that is added once the rows are there. */
export function createTableStatement(table: string, columns: readonly { column: string; type: ColumnType }[]): string {
  const own = columns.map(({ column, type }) => `, ${quoteName(column)} ${postgresType(type)}`);
  return `CREATE TABLE ${quoteName(table)} ("__id" INTEGER NOT NULL, "__split" TEXT NOT NULL${own.join('')})`;
}

/**
 * The columns with the names that they have in the table.
 * @throws PermanentError DatasetInvalid where there are more than a table can have, or as {@link columnNames}
 */
export function tableColumns(columns: readonly Column[], dataset: string): TableDescription['columns'] {
  if (columns.length + 2 > MAX_COLUMNS) {
    const message = `${dataset} has ${columns.length} columns; with __id and __split a table in Postgres has at most ${MAX_COLUMNS}.`;
    throw new PermanentError('DatasetInvalid', message);
  }
  const names = columnNames(
    columns.map(({ name }) => name),
    dataset,
  );
  return columns.map(({ name, type }, index) => ({ name, column: names[index] ?? name, type }));
}

function fit(name: string): string {
  return Buffer.byteLength(name) <= MAX_NAME_BYTES ? name : shorten(name);
}

function shorten(name: string, identity: string = name): string {
  const hash = createHash('sha256').update(identity).digest('hex').slice(0, HASH_DIGITS);
  let start = '';
  for (const character of name) {
    if (Buffer.byteLength(start + character) > MAX_NAME_BYTES - HASH_DIGITS - 1) break;
    start += character;
  }
  return `${start}~${hash}`;
}
