import { PermanentError } from '../errors/errors.ts';
import { type Doc, type PyValue, typeName } from '../python/value.ts';

/** A Python function that a task names with `!function`, for one field of one document. */
export type DocHook = (doc: Doc) => PyValue;

/** A task's `process_docs`, one document at a time: the processed document, or null where the harness filters it out. */
export type ProcessDocsHook = (doc: Doc) => Doc | null;

/** What a `!function` name stands for here. */
export type Hook =
  | { readonly kind: 'field'; readonly call: DocHook }
  | { readonly kind: 'process_docs'; readonly call: ProcessDocsHook; readonly filters: boolean }
  /** Evaluated when the harness is staged; the catalogue holds its result. */
  | { readonly kind: 'staged' };

/**
 * The column's text, for hooks that do string arithmetic on it.
 * @throws PermanentError TemplateFailed where the column is missing or not text (Python would raise as well).
 */
export function textColumn(doc: Doc, column: string): string {
  const value = doc.get(column);
  if (typeof value === 'string') return value;
  throw badColumn(doc, column, value, 'text');
}

/** The column's list of texts. @throws PermanentError TemplateFailed as {@link textColumn} does. */
export function textListColumn(doc: Doc, column: string): string[] {
  const value = doc.get(column);
  if (!Array.isArray(value)) throw badColumn(doc, column, value, 'a list of texts');
  return value.map((item) => {
    if (typeof item !== 'string') throw badColumn(doc, column, item, 'a list of texts');
    return item;
  });
}

function badColumn(doc: Doc, column: string, value: PyValue | undefined, wanted: string): PermanentError {
  const found = value === undefined ? 'there is no such column' : `it holds ${typeName(value)}`;
  return new PermanentError('TemplateFailed', `The task's hook needs ${wanted} in column "${column}", but ${found}.`, {
    context: { column, id: String(doc.get('__id') ?? '') },
  });
}
