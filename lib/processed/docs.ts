import { PermanentError } from '../errors/errors.ts';
import { dumps } from '../python/json.ts';
import type { Doc } from '../python/value.ts';
import type { FunctionResult } from '../sandbox/client.ts';
import type { ProcessedDoc } from './run.ts';

/** A split after `process_docs`. Its documents are numbered from `first` on over all splits, in their order: their places. */
export interface DocSplit {
  readonly split: string;
  readonly first: number;
  readonly count: number;
  /** In the documents' order; without `__id`. */
  readonly columns: readonly string[];
}

/** What the functions of a task's fields gave for documents. */
export class DocValues {
  readonly #values = new WeakMap<Doc, ReadonlyMap<string, FunctionResult>>();
  /** Worked examples that stand in the definition, by their text: each reading of the definition makes them anew. */
  readonly #samples = new Map<string, ReadonlyMap<string, FunctionResult>>();

  /** Keeps what the functions gave for a document. */
  set(doc: Doc, values: ReadonlyMap<string, FunctionResult>): void {
    this.#values.set(doc, values);
  }

  /** Keeps what the functions gave for a worked example of the definition. */
  setSample(doc: Doc, values: ReadonlyMap<string, FunctionResult>): void {
    this.#samples.set(dumps(doc), values);
  }

  /** What the field's function gave for this very document, or this worked example; undefined where it was not run. */
  get(doc: Doc, field: string): FunctionResult | undefined {
    const values = this.#values.get(doc) ?? (this.#samples.size > 0 ? this.#samples.get(dumps(doc)) : undefined);
    return values?.get(field);
  }
}

/**
 * The ids of a split's documents: those of their rows, where each stems from one row and no row gives two; else their
 * positions.
 */
export function docIdsOf(origins: readonly (number | null)[]): number[] {
  const known = origins.filter((origin) => origin !== null);
  const byRow = known.length === origins.length && new Set(known).size === known.length;
  return byRow ? known : origins.map((_, position) => position);
}

/**
 * A document as the harness has it, `__id` in front.
 * @param row the row that it stems from
 */
export function docOf(
  columns: readonly string[],
  docId: number,
  row: Doc | undefined,
  { differing }: Pick<ProcessedDoc, 'differing'>,
): Doc {
  const doc: Doc = new Map([['__id', BigInt(docId)]]);
  for (const name of columns) {
    if (name === '__id') continue;
    doc.set(name, differing.has(name) ? (differing.get(name) ?? null) : (row?.get(name) ?? null));
  }
  return doc;
}

/** Columns that portions of a split have in common. @throws PermanentError SandboxFailed where they differ */
export function sameColumns(
  task: string,
  split: string,
  known: readonly string[] | undefined,
  columns: readonly string[],
) {
  if (known === undefined || JSON.stringify(known) === JSON.stringify(columns)) return columns;
  throw new PermanentError(
    'SandboxFailed',
    `Task ${task}: its process_docs gives documents of split ${split} other columns at the end than at the beginning.`,
    { context: { task, split } },
  );
}
