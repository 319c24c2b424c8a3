import type { TaskConfig } from '../catalogue/task-config.ts';
import { PermanentError } from '../errors/errors.ts';
import { DocValues, docIdsOf, docOf } from '../processed/docs.ts';
import { functionsOf } from '../processed/functions.ts';
import { processedKey } from '../processed/key.ts';
import type { SplitRows } from '../processed/portions.ts';
import {
  inPortionsOrTogether,
  type ProcessedDoc,
  runFunctions,
  runOnSamples,
  type TaskToRun,
} from '../processed/run.ts';
import { spelled } from '../processed/types.ts';
import { repr } from '../python/repr.ts';
import type { Doc } from '../python/value.ts';
import type { FunctionResult, SandboxTransport } from '../sandbox/client.ts';
import type { SourceFiles } from '../sandbox/sources.ts';
import { tableName } from '../tables/table.ts';
import type { SplitInfo } from '../tables/table-info.ts';
import { RowKeys } from './row-keys.ts';
import type { StagedTable } from './staged-table.ts';

/** Documents that are rebuilt together when a split is streamed. */
const BATCH = 500;

/** Where a preview runs Python functions, and where their modules are. */
export interface PreviewSandbox {
  /** @throws PermanentError Configuration where there is no image of boxes */
  open(): Promise<SandboxTransport>;
  sources(): Promise<SourceFiles>;
  /** Keeps what functions made, for whoever looks at a task more than once. */
  readonly runs?: FunctionRuns | undefined;
}

/**
 * What the functions of the task looked at last made of its data set, or how they failed: a task is looked at on two paths, and a
 * function without an end takes its time only once.
 */
export class FunctionRuns {
  #last: { readonly key: string; readonly made: Promise<Made> } | undefined;

  /** What is kept under that key, made where it is not there. */
  of(key: string, make: () => Promise<Made>): Promise<Made> {
    if (this.#last?.key !== key) this.#last = { key, made: make() };
    return this.#last.made;
  }
}

/** What functions made: the documents of all splits, where each split begins among them, and what they gave for worked examples. */
interface Made {
  readonly kept: readonly Kept[];
  readonly firsts: ReadonlyMap<string, number>;
  readonly ofSamples: readonly ReadonlyMap<string, FunctionResult>[];
}

/** A staged data set as a task's functions make it: its documents by their places, as registering stores them. */
export interface PreviewTable extends StagedTable {
  /** The key under which registering stores what the functions make; undefined where none were run. */
  readonly processed: string | undefined;
  /** What the functions of the task's fields gave; undefined where none were run. */
  readonly values: DocValues | undefined;
  /** The ids of a split's documents in ascending order, where they are not its places. */
  idsOf(split: string): Promise<number[] | undefined>;
  /** The places of documents of a split. */
  placesOf(split: string, docIds: readonly number[]): readonly number[];
  /** The same for documents that functions made of one row, and for no others, as far as that can be told. */
  rowOf(place: number, doc: Doc): string;
}

interface Kept extends ProcessedDoc {
  docId: number;
  readonly columns: readonly string[];
}

/**
 * Runs a task's functions over its staged data set; where it has none the documents are the rows.
 * @throws PermanentError SandboxFailed, UnsupportedHook, Configuration
 */
export async function openProcessed(
  table: StagedTable,
  task: string,
  config: TaskConfig,
  sandbox: PreviewSandbox,
): Promise<PreviewTable> {
  const wanted = functionsOf(config);
  if (wanted === null) {
    return {
      ...table,
      processed: undefined,
      values: undefined,
      idsOf: async () => undefined,
      placesOf: (_, docIds) => docIds,
      rowOf: String,
    };
  }
  const columns = table.columns.filter(({ name }) => name !== '__id');
  const rowsOf = (split: string) =>
    table.splits.has(split)
      ? {
          columns: columns.map(({ name }) => name),
          types: columns.map(({ name, type }) => spelled(type, table.classes.get(name))),
          rows: () => table.stream(split),
        }
      : undefined;
  const toRun = { ...wanted, task, sources: await sandbox.sources() };
  const name = tableName(config.dataset_path, config.dataset_name);
  const processed = processedKey(toRun, { table: name, version: table.version, splits: table.splits });
  const { runs = new FunctionRuns() } = sandbox;
  const { kept, firsts, ofSamples } = await runs.of(`${task} ${processed}`, async () =>
    make(await sandbox.open(), toRun, rowsOf),
  );
  const splits = new Map<string, SplitInfo>();
  const starts = [...firsts];
  for (const [i, [split, min]] of starts.entries()) {
    const end = starts[i + 1]?.[1] ?? kept.length;
    const docs = kept.slice(min, end);
    for (const [at, id] of docIdsOf(docs.map(({ origin }) => origin)).entries()) {
      const doc = docs[at];
      if (doc !== undefined) doc.docId = id;
    }
    if (docs.length > 0) splits.set(split, { min, max: end - 1, count: docs.length });
  }
  const values = new DocValues();
  for (const [i, doc] of wanted.samples.docs.entries()) values.setSample(doc, ofSamples[i] ?? new Map());

  const keys = new Map<string, RowKeys>();
  for (const [split, { min, count }] of splits) {
    const isMadeAnew = kept.slice(min, min + count).some(({ origin }) => origin === null);
    if (isMadeAnew) keys.set(split, await RowKeys.of(table.stream(split)));
  }
  const lists = columns.flatMap(({ name, type }) => (type.kind === 'list' ? name : []));
  async function rows(places: Iterable<number>): Promise<Map<number, Doc>> {
    const wanted = [...new Set(places)];
    const origins = wanted.flatMap((place) => kept[place]?.origin ?? []);
    const byId = await table.rows(origins);
    const docs = new Map<number, Doc>();
    for (const place of wanted) {
      const stored = kept[place];
      if (stored === undefined) continue;
      const doc = docOf(stored.columns, stored.docId, byId.get(stored.origin ?? -1), stored);
      values.set(doc, stored.values);
      docs.set(place, doc);
    }
    return docs;
  }

  async function* stream(split: string): AsyncGenerator<Doc[]> {
    const { min = 0, count = 0 } = splits.get(split) ?? {};
    for (let from = min; from < min + count; from += BATCH) {
      const places = Array.from({ length: Math.min(BATCH, min + count - from) }, (_, i) => from + i);
      const docs = await rows(places);
      yield places.flatMap((place) => docs.get(place) ?? []);
    }
  }

  return {
    ...table,
    splits,
    rows,
    stream,
    processed,
    values,
    async idsOf(split) {
      const { min = 0, count = 0 } = splits.get(split) ?? {};
      return kept
        .slice(min, min + count)
        .map(({ docId }) => docId)
        .sort((a, b) => a - b);
    },
    placesOf(split, docIds) {
      const { min = 0, count = 0 } = splits.get(split) ?? {};
      const places = new Map(kept.slice(min, min + count).map(({ docId }, at) => [docId, min + at]));
      return docIds.map((id) => {
        const place = places.get(id);
        if (place !== undefined) return place;
        throw new PermanentError(
          'DocIdsOutsideSplit',
          `Task ${task}: split ${split} holds no document with the id ${id}.`,
        );
      });
    },
    rowOf(place, doc) {
      const origin = kept[place]?.origin ?? null;
      if (origin !== null) return `row ${origin}`;
      const [split = ''] = [...splits].find(([, { min, max }]) => place >= min && place <= max) ?? [];
      const row = keys.get(split)?.rowOf(doc);
      return row === undefined ? likeness(place, doc, lists) : `row ${row} of ${split}`;
    },
  };
}

async function make(
  boxes: SandboxTransport,
  toRun: TaskToRun,
  rowsOf: (split: string) => SplitRows | undefined,
): Promise<Made> {
  const made = await inPortionsOrTogether(async (together) => {
    const kept: Kept[] = [];
    const firsts = new Map<string, number>();
    for await (const { split, columns, docs } of runFunctions(boxes, toRun, rowsOf, together)) {
      if (!firsts.has(split)) firsts.set(split, kept.length);
      for (const doc of docs) kept.push({ ...doc, columns, docId: -1 });
    }
    return { kept, firsts };
  });
  return { ...made, ofSamples: await runOnSamples(boxes, toRun) };
}

/**
 * Functions that build a data set anew don't tell the rows of its documents. Where no value does either: they make several of a row
 * to give each one item of a list, an answer as a rule; what is a list in rows and an item in documents is all in which these differ.
 */
function likeness(place: number, doc: Doc, lists: readonly string[]): string {
  const items = lists.filter((name) => doc.has(name) && !Array.isArray(doc.get(name)));
  if (items.length === 0) return `place ${place}`;
  return repr(new Map([...doc].filter(([name]) => name !== '__id' && !items.includes(String(name)))));
}
