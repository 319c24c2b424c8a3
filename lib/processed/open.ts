import type { TaskConfig } from '../catalogue/task-config.ts';
import { PermanentError, TransientError } from '../errors/errors.ts';
import type { Doc } from '../python/value.ts';
import { forgetTable, isOtherTable, openTable, openTableFor, openVersion } from '../tables/open.ts';
import { explainPostgres } from '../tables/postgres-errors.ts';
import { BeyondLimits, type ReadLimits, readDocsByIds, SMALL_READ } from '../tables/read.ts';
import type { Asking } from '../tables/registry.ts';
import type { TableInfo } from '../tables/table-info.ts';
import { type DocSplit, DocValues, docOf } from './docs.ts';
import { functionsOf } from './functions.ts';
import { type FoundProcessed, findProcessed } from './store.ts';
import { decodeDoc } from './stored-doc.ts';

/** Documents of a task, in its table or as its functions made them of it, by their places. */
export interface TaskDocs {
  readonly table: TableInfo;
  /** Where each split's documents are; splits without any are not in it. */
  readonly splits: ReadonlyMap<string, { readonly min: number; readonly max: number; readonly count: number }>;
  /** What is stored of them under this key; undefined where they are the table's rows. */
  readonly processed: string | undefined;
  /** What the functions of the task's fields gave; undefined where none were run. */
  readonly values: DocValues | undefined;
  /** The ids of a split's documents in ascending order, where they are not its places. */
  idsOf(split: string): Promise<number[] | undefined>;
  /** The places of documents of a split. @throws PermanentError DocIdsOutsideSplit */
  placesOf(split: string, docIds: readonly number[]): Promise<readonly number[]>;
  /** The documents at these places. @throws as `readDocsByIds` */
  read(places: Iterable<number>): Promise<Map<number, Doc>>;
  /** The same, for a moment and little memory; or why that is not enough. */
  readSmall(places: Iterable<number>): Promise<Map<number, Doc> | BeyondLimits['why']>;
}

/** How documents at places are read. */
type Read = (places: Iterable<number>, limits?: ReadLimits) => Promise<Map<number, Doc>>;

function reading(read: Read): Pick<TaskDocs, 'read' | 'readSmall'> {
  return {
    read: (places) => read(places),
    async readSmall(places) {
      try {
        return await read(places, SMALL_READ);
      } catch (error) {
        if (error instanceof BeyondLimits) return error.why;
        throw error;
      }
    },
  };
}

/** Longer than any text of Postgres. */
const ANY_BYTES = 2 ** 31 - 1;

/** Which version of a task's documents is wanted: those of a plan. */
export interface DocsVersion {
  readonly tableVersion?: string | undefined;
  readonly processed?: string | undefined;
  /** When the message was sent that asks for what the task reads now (`openTableFor`). */
  readonly sentAt?: number | undefined;
}

/**
 * Opens a task's documents: those that it reads now, or those of a version.
 * @throws TransientError NotRegistered, Unavailable; PermanentError DatasetInvalid where that version is kept no longer
 */
export async function openDocs(
  sql: Asking,
  task: string,
  config: TaskConfig,
  { tableVersion, processed, sentAt }: DocsVersion = {},
): Promise<TaskDocs> {
  const functions = functionsOf(config);
  if (functions === null) {
    const wanted = tableVersion === undefined ? openTableFor(sql, task, sentAt) : openVersion(sql, task, tableVersion);
    return plainDocs(sql, task, await wanted);
  }
  const found = await find(sql, processed === undefined ? { task } : { key: processed });
  if (found === undefined && processed !== undefined) {
    throw new PermanentError(
      'DatasetInvalid',
      `what the functions of task ${task} made of its data set is kept no longer. Send the request again.`,
      { context: { task } },
    );
  }
  const current =
    found && [...functions.functions].every(([field, { hook }]) => found.description.functions[field] === hook);
  if (found === undefined || (processed === undefined && !current)) {
    throw new TransientError(
      'NotRegistered',
      `the task ${task} is not registered: its Python functions have not been run on its data set. Send a register message that names it: npx sampler register ${task} --wait`,
      { context: { task } },
    );
  }
  const docs = processedDocs(sql, await openTable(sql, task, found.description.version), found);
  for (const [i, doc] of functions.samples.docs.entries()) {
    docs.values?.setSample(doc, decodeDoc(found.description.samples?.[i] ?? null).values);
  }
  return docs;
}

async function find(sql: Asking, by: { task: string } | { key: string }): Promise<FoundProcessed | undefined> {
  try {
    return await findProcessed(sql, by);
  } catch (error) {
    throw explainPostgres('looking up documents that functions made', error);
  }
}

function plainDocs(sql: Asking, task: string, table: TableInfo): TaskDocs {
  /** What is known of the table may be from before another version took its name: then it is looked up anew. */
  async function readNow(ids: readonly number[], limits: ReadLimits | undefined): Promise<Doc[]> {
    try {
      return await readDocsByIds(sql, table, ids, limits);
    } catch (error) {
      if (table.version === undefined || !isOtherTable(error)) throw error;
      forgetTable(sql, task, table.version);
      return await readDocsByIds(sql, await openVersion(sql, task, table.version), ids, limits);
    }
  }
  return {
    table,
    splits: table.splits,
    processed: undefined,
    values: undefined,
    idsOf: async () => undefined,
    placesOf: async (_, docIds) => docIds,
    ...reading(async (places, limits) => {
      const docs = await readNow([...new Set(places)], limits);
      return new Map(docs.map((doc) => [Number(doc.get('__id')), doc]));
    }),
  };
}

function processedDocs(sql: Asking, table: TableInfo, { key, description }: FoundProcessed): TaskDocs {
  const values = new DocValues();
  const filled = description.splits.filter(({ count }) => count > 0);
  const rangeOf = (split: string) => filled.find((known) => known.split === split) ?? { first: 0, count: 0 };
  const ask = async <T>(query: PromiseLike<T>): Promise<T> => {
    try {
      return await query;
    } catch (error) {
      throw explainPostgres('reading documents that functions made', error);
    }
  };
  return {
    table,
    splits: new Map(filled.map(({ split, first, count }) => [split, { min: first, max: first + count - 1, count }])),
    processed: key,
    values,
    async idsOf(split) {
      const { first, count } = rangeOf(split);
      const rows = await ask(sql`
        SELECT doc_id AS id FROM sampler_processed_docs
        WHERE key = ${key} AND place >= ${first} AND place < ${first + count} ORDER BY 1`);
      return rows.map((row) => Number(row['id']));
    },
    async placesOf(split, docIds) {
      const { first, count } = rangeOf(split);
      const rows = await ask(sql`
        SELECT doc_id AS id, place FROM sampler_processed_docs
        WHERE key = ${key} AND place >= ${first} AND place < ${first + count} AND doc_id = ANY(${arrayOf(docIds)}::int[])`);
      const places = new Map(rows.map((row) => [Number(row['id']), Number(row['place'])]));
      return docIds.map((id) => {
        const place = places.get(id);
        if (place !== undefined) return place;
        const message = `split ${split} holds no document with the id ${id}.`;
        throw new PermanentError('DocIdsOutsideSplit', message, { context: { table: table.table, id } });
      });
    },
    ...reading(async (places, limits) => {
      const wanted = [...new Set(places)];
      const stored = await ask(sql`
        SELECT place, doc_id AS id, origin, doc FROM sampler_processed_docs
        WHERE key = ${key} AND place = ANY(${arrayOf(wanted)}::int[])
          AND coalesce(octet_length(doc), 0) <= ${limits?.rowBytes ?? ANY_BYTES}`);
      if (stored.length !== wanted.length) {
        if (limits !== undefined) throw new BeyondLimits('long');
        throw new TransientError(
          'NotRegistered',
          `documents of table ${JSON.stringify(table.table)} are not there; it is tried again.`,
        );
      }
      const origins = stored.flatMap((row) => (row['origin'] === null ? [] : [Number(row['origin'])]));
      const rows = await readDocsByIds(sql, table, [...new Set(origins)], limits);
      const byId = new Map(rows.map((row) => [Number(row.get('__id')), row]));
      return new Map(
        stored.map((row): [number, Doc] => {
          const place = Number(row['place']);
          const kept = decodeDoc(row['doc'] === null ? null : String(row['doc']));
          const doc = docOf(columnsAt(filled, place), Number(row['id']), byId.get(Number(row['origin'] ?? -1)), kept);
          values.set(doc, kept.values);
          return [place, doc];
        }),
      );
    }),
  };
}

/** An array as Postgres writes it: functions have connections that know no arrays. */
function arrayOf(ids: readonly number[]): string {
  return `{${ids.join()}}`;
}

function columnsAt(splits: readonly DocSplit[], place: number): readonly string[] {
  return splits.find(({ first, count }) => place >= first && place < first + count)?.columns ?? [];
}
