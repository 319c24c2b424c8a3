import type { WalkedDoc } from '../preview/walk.ts';
import { str } from '../python/repr.ts';
import type { Doc, PyValue } from '../python/value.ts';
import type { LabelledDoc, RenderedInstance } from '../task/renderer.ts';

/** A document as checks look at it. */
export interface Seen {
  readonly docId: number;
  readonly doc: Doc;
  /** The same for documents that a function made of one row. */
  readonly row: string;
  readonly labelled: LabelledDoc;
  /** All that distinguishes what is asked: the question's text and its choices. */
  readonly question: string;
  /** The gold answers as texts. */
  readonly golds: readonly string[];
  readonly instances: readonly RenderedInstance[];
}

/** Something that is looked for in all documents of a task. */
export interface Check {
  see(seen: Seen): void;
  /** After the last document. */
  end?(documents: number): void;
}

/** Between a question and each of its choices. */
const SEPARATOR = '\n\u0000';
const LABEL_CHARS = 2;

/** Puts a document's parts into the form that checks look at. */
export function seenOf(
  { docId, doc, row }: Pick<WalkedDoc, 'docId' | 'doc' | 'row'>,
  labelled: LabelledDoc,
  instances: readonly RenderedInstance[],
): Seen {
  const { text, target, choices, multipleInput } = labelled;
  // Where the choices stand in the context, what they are followed by is scored, and belongs to the question.
  const question = multipleInput
    ? [askedText('', choices), str(target)].join(SEPARATOR)
    : askedText(typeof text === 'string' ? text : '', choices);
  return { docId, doc, row, labelled, question, golds: goldTexts(labelled), instances };
}

/** A question and its choices as one text. */
export function askedText(text: string, choices: readonly PyValue[] | null): string {
  const texts = (choices ?? []).map(str);
  // Labels (A, B, ...) stand for what the text tells in full; the twin that is asked in chats has none.
  const labels = text !== '' && texts.every(({ length }) => length <= LABEL_CHARS);
  return labels ? text : [text, ...texts].join(SEPARATOR);
}

/** {@link askedText} for people. */
export function shownText(asked: string): string {
  return asked.replaceAll(SEPARATOR, ' | ');
}

/** What the definition gives as gold: the index of the choice where the choices stand in the context, else its target. */
export function goldOf({ text, target, multipleInput }: LabelledDoc): PyValue {
  return multipleInput ? text : target;
}

function goldTexts(labelled: LabelledDoc): string[] {
  const gold = goldOf(labelled);
  const each = Array.isArray(gold) ? gold : [gold];
  return each.flatMap((value) => {
    if (typeof value === 'bigint' || typeof value === 'boolean') {
      if (labelled.choices === null) return [str(value)];
      const choice = labelled.choices[Number(value)];
      return choice === undefined ? [] : [str(choice)];
    }
    return value === null ? [] : [str(value)];
  });
}
