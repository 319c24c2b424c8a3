import type { TaskConfig } from '../catalogue/task-config.ts';
import { PermanentError } from '../errors/errors.ts';
import { NO_CLOCK } from '../jinja/limits.ts';
import { str } from '../python/repr.ts';
import type { Doc, PyValue } from '../python/value.ts';
import {
  compileChoice,
  compileDescription,
  compilePrefix,
  compileTarget,
  compileText,
  type FunctionValues,
} from '../task/field.ts';

/** What a document's prompt is made of, as its task's fields say. */
export interface DocParts {
  /** What stands before the worked examples. */
  readonly system: string;
  /** The question with the beginning of its answer, as it stands at the end of a text. */
  readonly question: string;
  /** The same without that beginning, as a chat has it. */
  readonly asked: string;
  /** Whether the choices stand in the context. */
  readonly choicesInContext: boolean;
  /** The choices, where the task has some. */
  readonly choices: readonly string[];
  /** The indices of the right choices; none where the task does not say. */
  readonly gold: readonly number[];
  /** The right answers as text, where they are no choices. */
  readonly answers: readonly string[];
}

/** What a value of a field is made into parts with. */
export interface PartsOf {
  readonly config: TaskConfig;
  readonly systemInstruction: string | null;
  readonly values: FunctionValues | undefined;
}

/**
 * What takes a document's prompt apart for people. It gives null where a field fails: whoever shows the prompt shows it whole then.
 * Nothing that is sent depends on it.
 */
export function docParts({ config, systemInstruction, values }: PartsOf): (doc: Doc) => DocParts | null {
  const description = compileDescription(config.description, NO_CLOCK);
  return (doc) => {
    try {
      const context = {
        task: config.task,
        features: new Set(doc.keys()),
        hasChoices: config.doc_to_choice !== null,
        values,
      };
      const choices = config.doc_to_choice === null ? [] : listOf(compileChoice(config.doc_to_choice, context)(doc));
      const text = compileText(config.doc_to_text, context)(doc);
      const target = compileTarget(config.doc_to_target, context)(doc);
      const prefix = compilePrefix(config.gen_prefix, context)(doc);
      const rendered = description(doc);
      const choicesInContext = config.output_type === 'multiple_choice' && isIndex(text);
      const asked = choicesInContext ? '' : isIndex(text) && choices.length > 0 ? choiceText(choices, text) : str(text);
      return {
        system: [systemInstruction, rendered === '' ? null : rendered]
          .filter((part) => part !== null)
          .join(config.fewshot_delimiter),
        question: choicesInContext || prefix === null ? asked : `${asked}${config.target_delimiter}${str(prefix)}`,
        asked,
        choicesInContext,
        choices: choices.map(str),
        gold: config.output_type === 'multiple_choice' ? goldOf(choicesInContext ? text : target, choices) : [],
        answers: config.output_type === 'multiple_choice' ? [] : answersOf(target, choices),
      };
    } catch (error) {
      if (error instanceof PermanentError || error instanceof RangeError) return null;
      throw error;
    }
  };
}

function isIndex(value: PyValue): value is bigint | boolean {
  return typeof value === 'bigint' || typeof value === 'boolean';
}

function choiceText(choices: readonly PyValue[], index: bigint | boolean): string {
  return str(choices.at(Number(index)) ?? '');
}

function listOf(value: PyValue): readonly PyValue[] {
  if (Array.isArray(value)) return value;
  return typeof value === 'string' ? [...value] : [];
}

/** An index, a choice's text, or a list of such. */
function goldOf(target: PyValue, choices: readonly PyValue[]): number[] {
  if (Array.isArray(target)) return target.flatMap((one) => goldOf(one, choices));
  if (isIndex(target)) {
    const index = Number(target);
    return [index < 0 ? choices.length + index : index].filter((at) => at >= 0 && at < choices.length);
  }
  const at = choices.findIndex((choice) => str(choice) === str(target));
  return at < 0 ? [] : [at];
}

function answersOf(target: PyValue, choices: readonly PyValue[]): string[] {
  if (Array.isArray(target)) return target.map(str);
  return [isIndex(target) && choices.length > 0 ? choiceText(choices, target) : str(target)];
}
