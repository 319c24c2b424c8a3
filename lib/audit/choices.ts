import { equals } from '../python/compare.ts';
import { repr, str } from '../python/repr.ts';
import { type Doc, isDict, type PyValue } from '../python/value.ts';
import type { RequestType } from '../task/render-settings.ts';
import type { Findings } from './finding.ts';
import { type Check, goldOf, type Seen, shownText } from './seen.ts';

/** Columns that hold the options of a question in most data sets, where a task shows them by letter. */
const OPTION_COLUMNS = ['choices', 'options'];

/** Choices that are empty or equal, and gold answers that are none of them. */
export function choicesCheck(findings: Findings, requestType: RequestType): Check {
  return {
    see(seen) {
      const { choices } = seen.labelled;
      if (choices !== null) lookAtGold(findings, seen, choices, requestType);
      if (choices !== null && lookAtChoices(findings, seen, 'choices', choices.map(str))) return;
      for (const column of OPTION_COLUMNS) {
        const options = optionsOf(seen.doc, column);
        if (options !== undefined && lookAtChoices(findings, seen, `column ${column}`, options)) return;
      }
    },
  };
}

/** Whether something was found: the column may hold the same choices again. */
function lookAtChoices(findings: Findings, seen: Seen, what: string, texts: readonly string[]): boolean {
  const { docId, question } = seen;
  const excerpt = shownText(question);
  const empty = texts.findIndex((text) => text.trim() === '');
  if (empty >= 0) {
    const message = `${what}: number ${empty} of ${texts.length} has no text`;
    findings.add({ kind: 'empty-choice', subject: question, docIds: [docId], message, excerpt });
  }
  const first = new Map<string, number>();
  for (const [at, text] of texts.entries()) {
    const before = first.get(text);
    if (before === undefined) first.set(text, at);
    else if (text.trim() !== '') {
      const message = `${what}: ${before} and ${at} are the same: ${short(text)}`;
      findings.add({ kind: 'equal-choices', subject: question, docIds: [docId], message, excerpt });
      return true;
    }
  }
  return empty >= 0;
}

/** A list of texts, or the texts of a struct of lists (`{"text": [...], "label": [...]}`). */
function optionsOf(doc: Doc, column: string): string[] | undefined {
  const value = doc.get(column);
  const list = isDict(value ?? null) && value instanceof Map ? value.get('text') : value;
  if (!Array.isArray(list)) return undefined;
  const texts = list.filter((item) => typeof item === 'string');
  return texts.length === list.length ? texts : undefined;
}

/** As scoring reads it: an index counts from 0, a text has to be one of the choices, of a list each has to. */
function lookAtGold(findings: Findings, seen: Seen, choices: readonly PyValue[], requestType: RequestType): void {
  const gold = goldOf(seen.labelled);
  const scored = requestType === 'loglikelihood';
  for (const value of Array.isArray(gold) ? gold : [gold]) {
    const why = whyNoChoice(value, choices, scored);
    if (why === null) continue;
    const { docId, question } = seen;
    findings.add({
      kind: 'gold-not-a-choice',
      subject: question,
      docIds: [docId],
      message: why,
      excerpt: shownText(question),
    });
    return;
  }
}

function whyNoChoice(value: PyValue, choices: readonly PyValue[], scored: boolean): string | null {
  if (typeof value === 'boolean' || typeof value === 'bigint') {
    const index = Number(value);
    if (index >= 0 && index < choices.length) return null;
    return `the gold answer is choice ${index}, and there are choices 0 to ${choices.length - 1}`;
  }
  // What is written, not chosen, is compared as text, in whichever form.
  if (!scored) return null;
  if (choices.some((choice) => equals(choice, value))) return null;
  return `the gold answer ${short(repr(value))} is none of the choices ${short(choices.map(str).join(' | '))}`;
}

function short(text: string): string {
  return text.length > 80 ? `${text.slice(0, 80).toWellFormed()} ...` : text;
}
