import { PermanentError } from '../errors/errors.ts';
import { strip } from '../python/text.ts';
import type { Doc } from '../python/value.ts';
import { textColumn } from './hook.ts';

/** `winogrande/preprocess_winogrande.doc_to_text`: the index of the right option, which makes the task multiple-input. */
export function docToText(doc: Doc): bigint {
  const answer = textColumn(doc, 'answer');
  if (answer === '1') return 0n;
  if (answer === '2') return 1n;
  throw new PermanentError(
    'TemplateFailed',
    `Column "answer" must hold "1" or "2", but holds "${answer.slice(0, 20)}".`,
  );
}

/** `winogrande/preprocess_winogrande.doc_to_target`: what follows the blank. */
export function docToTarget(doc: Doc): string {
  const sentence = textColumn(doc, 'sentence');
  return strip(sentence.slice(blankOf(sentence) + 1));
}

/** `winogrande/preprocess_winogrande.doc_to_choice`: what precedes the blank, completed by either option. */
export function docToChoice(doc: Doc): string[] {
  const sentence = textColumn(doc, 'sentence');
  const head = sentence.slice(0, blankOf(sentence));
  return [head + textColumn(doc, 'option1'), head + textColumn(doc, 'option2')];
}

function blankOf(sentence: string): number {
  const at = sentence.indexOf('_');
  if (at >= 0) return at;
  throw new PermanentError('TemplateFailed', 'Column "sentence" has no blank ("_") to fill.');
}
