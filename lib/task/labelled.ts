import type { TaskConfig } from '../catalogue/task-config.ts';
import { PermanentError } from '../errors/errors.ts';
import { type ChatMessage, Turn } from '../payload/message.ts';
import { str } from '../python/repr.ts';
import { type Doc, PyTuple, type PyValue, typeName } from '../python/value.ts';
import { compileChoice, compileTarget, compileText, type DocField, type FieldContext } from './field.ts';

/** A task's text, target and choices, for the documents asked about or for its worked examples. */
export interface Fields {
  readonly text: DocField;
  readonly target: DocField;
  /** Null where the task has no choices. */
  readonly choices: DocField | null;
}

/** The fields of the documents asked about. */
export function questionFields(config: TaskConfig, context: FieldContext): Fields {
  return {
    text: compileText(config.doc_to_text, context),
    target: compileTarget(config.doc_to_target, context),
    choices: config.doc_to_choice === null ? null : compileChoice(config.doc_to_choice, context),
  };
}

/** The fields of worked examples: `fewshot_config` overrides what it sets, and an empty text counts as set (FEWSHOT-2). */
export function exampleFields(config: TaskConfig, context: FieldContext, question: Fields): Fields {
  const own = config.fewshot_config;
  const ofExamples = { ...context, of: 'fewshot_config.' };
  return {
    text: own?.doc_to_text == null ? question.text : compileText(own.doc_to_text, ofExamples),
    target: own?.doc_to_target == null ? question.target : compileTarget(own.doc_to_target, ofExamples),
    choices: own?.doc_to_choice == null ? question.choices : compileChoice(own.doc_to_choice, ofExamples),
  };
}

/** A worked example, as text and as turns. Kept per example: most tasks show the same few before each question. */
export interface Examples {
  /** `ContextSampler.get_context` (CONTEXT-2). Nothing is stripped. */
  asText(doc: Doc, genPrefix: string | null): string;
  /** `ContextSampler.get_chat_context` (CONTEXT-3), multi-turn: empty answers stay as empty messages. */
  asTurns(doc: Doc, genPrefix: string | null): readonly ChatMessage[];
}

/** What renders worked examples by their fields. */
export function workedExamples(fields: Fields, config: TaskConfig): Examples {
  const prefixed = (genPrefix: string | null) => (genPrefix ? `${genPrefix} ` : '');
  return {
    asText: keptPerDoc((doc, genPrefix) => {
      const text = exampleText(doc, fields, config);
      const target = fields.target(doc);
      if (target === '') return text;
      const answer = prefixed(genPrefix) + exampleTarget(target, doc, fields, config);
      return text + config.target_delimiter + answer + config.fewshot_delimiter;
    }),
    asTurns: keptPerDoc((doc, genPrefix) => [
      new Turn('user', exampleText(doc, fields, config)),
      new Turn('assistant', prefixed(genPrefix) + exampleTarget(fields.target(doc), doc, fields, config)),
    ]),
  };
}

function keptPerDoc<T>(render: (doc: Doc, genPrefix: string | null) => T): (doc: Doc, genPrefix: string | null) => T {
  const kept = new WeakMap<Doc, { genPrefix: string | null; rendered: T }>();
  return (doc, genPrefix) => {
    const known = kept.get(doc);
    if (known && known.genPrefix === genPrefix) return known.rendered;
    const rendered = render(doc, genPrefix);
    kept.set(doc, { genPrefix, rendered });
    return rendered;
  };
}

function exampleText(doc: Doc, fields: Fields, config: TaskConfig): string {
  const text = fields.text(doc);
  if (typeof text === 'string') return text;
  if (config.doc_to_choice === null) throw notText(config, 'doc_to_text', text);
  const choice = choiceAt(choicesOf(fields, doc, config), text, config);
  if (typeof choice === 'string') return choice;
  throw notText(config, 'doc_to_choice', choice);
}

function exampleTarget(target: PyValue, doc: Doc, fields: Fields, config: TaskConfig): string {
  if (Array.isArray(target)) {
    const first = target[0];
    if (first === undefined) throw notText(config, 'doc_to_target', target);
    return str(first);
  }
  if (typeof target === 'string') return target;
  if (config.doc_to_choice === null) throw notText(config, 'doc_to_target', target);
  return str(choiceAt(choicesOf(fields, doc, config), target, config));
}

/** The document's choices. @throws PermanentError TemplateFailed where they are not a list. */
export function choicesOf(fields: Fields, doc: Doc, config: TaskConfig): PyValue[] {
  const choices = fields.choices?.(doc);
  if (Array.isArray(choices)) return choices;
  if (choices instanceof PyTuple) return [...choices.items];
  if (typeof choices === 'string') return [...choices];
  throw notText(config, 'doc_to_choice', choices ?? null);
}

/** Python's `choices[index]`: negative indices count from the end, True is 1. */
export function choiceAt(choices: readonly PyValue[], index: PyValue, config: TaskConfig): PyValue {
  if (typeof index !== 'bigint' && typeof index !== 'boolean') throw notText(config, 'doc_to_target', index);
  const choice = choices.at(Number(index));
  if (choice !== undefined) return choice;
  throw new PermanentError(
    'TemplateFailed',
    `Task ${config.task}: choice ${index} asked for, but there are ${choices.length}.`,
  );
}

/** The error of a field whose value is of a kind that the harness can't put into a prompt either. */
export function notText(config: TaskConfig, field: string, value: PyValue): PermanentError {
  return new PermanentError(
    'TemplateFailed',
    `Task ${config.task}: ${field} gives ${typeName(value)} for this document, which the harness can't put into a prompt either.`,
    { context: { task: config.task, field } },
  );
}
