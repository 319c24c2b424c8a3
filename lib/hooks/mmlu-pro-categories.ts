import type { Doc } from '../python/value.ts';
import { textColumn, textListColumn } from './hook.ts';

/** Options past this letter are left out. */
const LETTERS = 'ABCDEFGHIJKLMNOP';
const STEPS = "Let's think step by step.";

function questionAndOptions(doc: Doc): string {
  const options = textListColumn(doc, 'options').slice(0, LETTERS.length);
  const lines = options.map((option, i) => `${LETTERS[i]}. ${option}\n`);
  return `Question:\n${textColumn(doc, 'question')}\nOptions:\n${lines.join('')}`;
}

/** The question of an `mmlu_pro-category_*` task, ready for the model's reasoning. */
export function docToText(doc: Doc): string {
  return `${questionAndOptions(doc)}Answer: ${STEPS}`;
}

/** A worked example: the question, then its chain of thought. It brings its own delimiter. */
export function fewshotToText(doc: Doc): string {
  const reasoning = textColumn(doc, 'cot_content').replaceAll(`A: ${STEPS}`, `Answer: ${STEPS}`);
  return `${questionAndOptions(doc)}${reasoning}\n\n`;
}
