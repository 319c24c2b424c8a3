import type { TaskConfig } from '../catalogue/task-config.ts';
import { PermanentError } from '../errors/errors.ts';
import { type Doc, isDict, PyTuple, type PyValue, typeName } from '../python/value.ts';
import { choiceAt, choicesOf, type Fields, notText } from './labelled.ts';

/** What the harness learns from the first document of the evaluated split. */
export interface FirstDoc {
  /** Whether `doc_to_text` gives the index of a choice: the choices then stand in the context, not after it. */
  readonly multipleInput: boolean;
}

/**
 * What the harness finds out, and where it stops, when it constructs a task (FIELD-9): it evaluates text, target and choices
 * of the split's first document, whichever documents are asked about then.
 * @throws PermanentError TemplateFailed, or what a field itself throws, where the harness refuses the task
 */
export function examineFirstDoc(config: TaskConfig, question: Fields, first: Doc): FirstDoc {
  const text = question.text(first);
  const target = question.target(first);
  if (question.choices === null) return { multipleInput: false };
  const choices = question.choices(first);
  const multipleInput = isIndex(text);
  // What is no list passes for choices, but is not counted.
  if (multipleInput && !Array.isArray(choices)) throw notText(config, 'doc_to_choice', choices);
  if (isIndex(target)) choiceAt(choicesOf(question, first, config), target, config);
  const items = isDict(choices) ? [...choices.keys()] : choicesOf(question, first, config);
  for (const choice of items) if (!hasStart(choice)) throw noStart(config, choice);
  return { multipleInput };
}

/** Whether Python takes it for an int. */
function isIndex(value: PyValue): value is bigint | boolean {
  return typeof value === 'bigint' || typeof value === 'boolean';
}

/** The harness asks whether a choice's first character, or the text that comes first in it, is white. */
function hasStart(choice: PyValue): boolean {
  if (typeof choice === 'string') return choice !== '';
  const items = choice instanceof PyTuple ? choice.items : choice;
  return Array.isArray(items) && typeof items[0] === 'string';
}

function noStart(config: TaskConfig, choice: PyValue): PermanentError {
  const what = choice === '' ? 'an empty choice' : `a choice of type ${typeName(choice)}`;
  return new PermanentError(
    'TemplateFailed',
    `Task ${config.task}: doc_to_choice gives ${what} for the first document of the split; the harness refuses such a task.`,
    { context: { task: config.task, field: 'doc_to_choice' } },
  );
}
