import { FunctionRef } from '../catalogue/function-ref.ts';
import { PermanentError } from '../errors/errors.ts';
import { findHook } from '../hooks/registry.ts';
import { type Clock, NO_CLOCK } from '../jinja/limits.ts';
import { compileTemplate } from '../jinja/template.ts';
import { literalEval, PySyntaxError, PyValueError } from '../python/literal.ts';
import { isdigit } from '../python/text.ts';
import { type Doc, isDict, type PyValue, typeName } from '../python/value.ts';
import type { FunctionResult } from '../sandbox/client.ts';

/** One `doc_to_*` field of a task, ready to be evaluated on documents. */
export type DocField = (doc: Doc) => PyValue;

/** What a field's meaning depends on. */
export interface FieldContext {
  readonly task: string;
  /** Columns of the evaluated split after `process_docs`: a field whose whole text is one of them is that column's value. */
  readonly features: ReadonlySet<string>;
  /** Whether the task has `doc_to_choice`, which makes a number in a rendered text an index. */
  readonly hasChoices: boolean;
  /** Looked at while templates are rendered; without it they take as long as their steps do. */
  readonly clock?: Clock;
  /** What functions gave for documents where they were run before; otherwise they are those of lib/hooks. */
  readonly values?: FunctionValues | undefined;
  /** Stands before a field's name among the values: `fewshot_config.` for fields that worked examples have of their own. */
  readonly of?: string;
}

/**
 * Stands among a document's values for the document itself, where the functions that make an instance changed the one they were
 * given: `instances.doc` shows it as they left it, as the harness's instance holds that very document.
 */
export const LEFT_DOC = 'instances.doc';

/** What functions gave, by document and field (`doc_to_text`, `fewshot_config.doc_to_target`, ...). */
export interface FunctionValues {
  get(doc: Doc, field: string): FunctionResult | undefined;
}

/** `ConfigurableTask.doc_to_text` (FIELD-1, FIELD-2). */
export function compileText(raw: PyValue | FunctionRef, context: FieldContext): DocField {
  return compileField('doc_to_text', raw, context, (rendered) =>
    context.hasChoices && isdigit(rendered) ? literalEval(rendered) : rendered,
  );
}

/** `ConfigurableTask.doc_to_target` (FIELD-3): as the text's, and what looks like a list becomes one. */
export function compileTarget(raw: PyValue | FunctionRef, context: FieldContext): DocField {
  if (Array.isArray(raw)) return () => raw;
  return compileField('doc_to_target', raw, context, (rendered) => {
    if (context.hasChoices && isdigit(rendered)) return literalEval(rendered);
    if (rendered.length < 2 || !rendered.startsWith('[') || !rendered.endsWith(']')) return rendered;
    try {
      return literalEval(rendered);
    } catch (error) {
      if (error instanceof PySyntaxError || error instanceof PyValueError) return rendered;
      throw error;
    }
  });
}

/** `ConfigurableTask.doc_to_choice` (FIELD-4). */
export function compileChoice(raw: PyValue | FunctionRef, context: FieldContext): DocField {
  if (Array.isArray(raw)) return () => raw;
  if (isDict(raw)) {
    const values = [...raw.values()];
    return () => values;
  }
  return compileField('doc_to_choice', raw, context, literalEval);
}

/** `ConfigurableTask.doc_to_prefix` (FIELD-5): null where the task has no `gen_prefix`. */
export function compilePrefix(raw: PyValue | FunctionRef, context: FieldContext): DocField {
  if (raw === null) return () => null;
  return compileField('gen_prefix', raw, context, (rendered) => rendered);
}

/** The description, which is always a template (`fewshot_context`; FIELD-6); empty where there is none. */
export function compileDescription(description: string, clock: Clock): (doc: Doc) => string {
  if (description === '') return () => '';
  const template = compileTemplate(description, {}, clock);
  return (doc) => template.render(doc);
}

/** Fields have these in common: an int is itself, a function is called, a column's name is its value, other text is a template. */
function compileField(
  name: string,
  raw: PyValue | FunctionRef,
  { task, features, clock = NO_CLOCK, values, of = '' }: FieldContext,
  ofRendered: (rendered: string) => PyValue,
): DocField {
  if (raw instanceof FunctionRef) {
    return values === undefined
      ? callHook(raw, task, clock)
      : (doc) => givenValue(values, doc, `${of}${name}`, raw, task);
  }
  if (typeof raw === 'bigint' || typeof raw === 'boolean') return () => raw;
  if (typeof raw !== 'string') {
    throw new PermanentError('BadTaskDefinition', `Task ${task}: ${name} can't be ${typeName(raw)}.`, {
      context: { task },
    });
  }
  if (features.has(raw)) return (doc) => column(doc, raw, name);
  const template = compileTemplate(raw, {}, clock);
  return (doc) => ofRendered(template.render(doc));
}

/**
 * A document as an instance shows it: as functions left it.
 * @throws PermanentError TemplateFailed where they left something in it that no document can hold
 */
export function shownDoc(values: FunctionValues | undefined, doc: Doc): Doc {
  const left = values?.get(doc, LEFT_DOC);
  if (left === undefined) return doc;
  if ('error' in left || !isDict(left.value)) {
    const what = 'error' in left ? left.message : 'it is no dict';
    throw new PermanentError('TemplateFailed', `functions changed the document to what can't be stored: ${what}`);
  }
  const id = doc.get('__id');
  const columns = [...left.value].map(([name, value]): [string, PyValue] => [String(name), value]);
  return new Map([...(id === undefined ? [] : [['__id', id] as const]), ...columns]);
}

function givenValue(values: FunctionValues, doc: Doc, field: string, { hook }: FunctionRef, task: string): PyValue {
  const result = values.get(doc, field);
  if (result === undefined) {
    const message = `Task ${task}: the value of ${field} (function ${hook}) is not stored; register the task again.`;
    throw new PermanentError('DatasetInvalid', message, { context: { task, hook } });
  }
  if (!('error' in result)) return result.value;
  throw new PermanentError(
    'TemplateFailed',
    `${field}: the function ${hook} raised ${result.error}: ${result.message}`,
    { context: { task, hook } },
  );
}

function callHook(ref: FunctionRef, task: string, clock: Clock): DocField {
  const hook = findHook(ref.hook);
  if (hook?.kind === 'field') {
    return (doc) => {
      const value = hook.call(doc);
      clock.look();
      return value;
    };
  }
  throw new PermanentError(
    'UnsupportedHook',
    `Task ${task} needs the Python function ${ref.hook}, which can't be run here.`,
    {
      context: { task, hook: ref.hook },
    },
  );
}

function column(doc: Doc, name: string, field: string): PyValue {
  const value = doc.get(name);
  if (value !== undefined) return value;
  throw new PermanentError('TemplateFailed', `${field} reads column "${name}", which this document does not have.`);
}
