import { type ConfigDict, functionsIn } from '../catalogue/config-value.ts';
import { FunctionRef } from '../catalogue/function-ref.ts';
import type { TaskConfig } from '../catalogue/task-config.ts';
import { findHook } from '../hooks/registry.ts';
import type { Doc, PyDict, PyValue } from '../python/value.ts';
import { compileChoice, compileTarget, compileText, type DocField } from '../task/field.ts';
import type { Scoring } from './python-call.ts';

/** One `doc_to_*` field of a task, evaluated while its answers are scored. */
export type ScoredField = (doc: Doc) => Scoring<PyValue>;

/** What scoring evaluates for each document. */
export interface ScoredFields {
  /** Compiled when asked for: few tasks need it. */
  readonly text: () => ScoredField;
  readonly target: ScoredField;
  /** Null where the task has none. */
  readonly choices: ScoredField | null;
}

/** Compiles the fields that scoring needs. @throws PermanentError BadTaskDefinition as the compilers do */
export function scoredFields(task: string, config: TaskConfig, firstDoc: Doc): ScoredFields {
  const context = { task, features: new Set(firstDoc.keys()), hasChoices: config.doc_to_choice !== null };
  const fieldOf = <T extends PyValue | FunctionRef>(raw: T, compile: (raw: T, of: typeof context) => DocField) =>
    raw instanceof FunctionRef && !isHere(raw) ? calling(raw) : (ofField(compile(raw, context)) satisfies ScoredField);
  return {
    text: () => fieldOf(config.doc_to_text, compileText),
    target: fieldOf(config.doc_to_target, compileTarget),
    choices: config.doc_to_choice === null ? null : fieldOf(config.doc_to_choice, compileChoice),
  };
}

/** The functions of these fields that only Python runs. */
export function fieldFunctions(config: ConfigDict, fields: readonly string[]): FunctionRef[] {
  return fields.flatMap((field) => functionsIn(config.get(field) ?? null)).filter((ref) => !isHere(ref));
}

/** A document as its functions see it in the harness, which has no `__id`. */
export function docForPython(doc: Doc): PyDict {
  const given: PyDict = new Map(doc);
  given.delete('__id');
  return given;
}

function isHere({ hook }: FunctionRef): boolean {
  return findHook(hook)?.kind === 'field';
}

function calling(ref: FunctionRef): ScoredField {
  return function* (doc) {
    return yield { ref, kind: 'call', args: [docForPython(doc)] };
  };
}

function ofField(field: DocField): ScoredField {
  // biome-ignore lint/correctness/useYield: it has nothing to wait for
  return function* (doc) {
    return field(doc);
  };
}
