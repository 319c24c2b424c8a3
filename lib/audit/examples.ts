import { equals } from '../python/compare.ts';
import type { Doc } from '../python/value.ts';
import { fewshotSource } from '../task/fewshot.ts';
import type { WorkedExample } from '../task/renderer.ts';
import type { TaskRendering } from '../task/slice.ts';
import { DigestSet, digestOf, Numbers } from './columns.ts';
import type { Findings, Observation } from './finding.ts';
import type { SamePrompts } from './same-prompts.ts';
import { askedText, type Check, shownText } from './seen.ts';

/** Gold answers that are kept until it is known how many documents have them. */
const MAX_CANDIDATES = 2_000;
/** What a text needs to be told from a label by itself: letters; of examples drawn at random, characters and words. */
const TELLING_CHARS = 6;
const LONG_CHARS = 24;
const LONG_WORDS = 4;
/** From this part of the documents on a question is no question of its own. */
const COMMON = 0.5;

/**
 * The document itself among its worked examples, and gold answers that these give away. A gold answer counts where no other
 * document has it, so that labels (`A`, `yes`) do not; where examples are drawn at random for each document, only one that can't
 * be there by chance.
 */
export function examplesCheck(findings: Findings, { config, settings }: TaskRendering, same: SamePrompts): Check {
  const fixed = config.fewshot_config?.sampler === 'first_n' || fewshotSource(config)?.kind === 'samples';
  const askedBy = keptPerDoc((example) => askedText(example.question, example.choices()));
  const own: { readonly question: string; readonly observation: Observation }[] = [];
  const given: { readonly gold: number; readonly observation: Observation }[] = [];
  const allGolds = new DigestSet();
  const goldCounts = new Numbers();
  return {
    see(seen) {
      const { docId, doc, question, golds, labelled } = seen;
      const [gold] = golds;
      const goldAt = gold === undefined ? -1 : allGolds.add(digestOf(normal(gold)));
      if (goldAt === goldCounts.length) goldCounts.push(1);
      else if (goldAt >= 0) goldCounts.increment(goldAt);
      if (settings.shots === 0) return;
      const itself = labelled.examples.find((example) => askedBy(example) === question || sameFields(example.doc, doc));
      if (itself !== undefined) {
        if (own.length < MAX_CANDIDATES)
          own.push({ question, observation: selfExample(docId, question, itself.answer) });
        return;
      }
      if (gold === undefined || !isTelling(gold, fixed) || given.length >= MAX_CANDIDATES) return;
      const showing = labelled.examples.find((example) => shows(example, gold, fixed));
      if (showing !== undefined) given.push({ gold: goldAt, observation: goldShown(docId, question, gold, showing) });
    },
    end(documents) {
      for (const { question, observation } of own) {
        if (same.count(question) <= Math.max(1, documents * COMMON)) findings.add(observation);
      }
      for (const { gold, observation } of given) if (goldCounts.at(gold) === 1) findings.add(observation);
    },
  };
}

function selfExample(docId: number, question: string, answer: string): Observation {
  return {
    kind: 'self-example',
    subject: question,
    docIds: [docId],
    message: `the question itself is among its worked examples, answered: ${shorten(answer)}`,
    excerpt: shownText(question),
  };
}

function goldShown(docId: number, question: string, gold: string, example: WorkedExample): Observation {
  return {
    kind: 'gold-in-example',
    subject: question,
    docIds: [docId],
    message: `its gold answer, ${shorten(gold)}, stands in a worked example`,
    excerpt: `${example.question} ${example.answer}`,
  };
}

function isTelling(gold: string, fixed: boolean): boolean {
  const text = normal(gold);
  const words = text.split(' ').length;
  if (text.length >= LONG_CHARS && words >= LONG_WORDS) return true;
  return fixed && (text.match(/\p{L}/gu)?.length ?? 0) >= TELLING_CHARS;
}

/** A short gold answer has to be the example's own answer; a long one may stand anywhere in it. */
function shows({ question, answer }: WorkedExample, gold: string, fixed: boolean): boolean {
  if (fixed && normal(answer) === normal(gold)) return true;
  return isTelling(gold, false) && (answer.includes(gold.trim()) || question.includes(gold.trim()));
}

/** Equal but for their ids, as the harness compares documents. */
function sameFields(example: Doc, doc: Doc): boolean {
  const named = (fields: Doc) => fields.size - (fields.has('__id') ? 1 : 0);
  if (named(example) !== named(doc) || named(doc) === 0) return false;
  for (const [name, value] of doc) {
    if (name === '__id') continue;
    const other = example.get(name);
    if (other === undefined || !equals(other, value)) return false;
  }
  return true;
}

function normal(text: string): string {
  return text.trim().toLowerCase().replace(/\s+/g, ' ');
}

function shorten(text: string): string {
  const line = text.trim().replace(/\s+/g, ' ');
  return JSON.stringify(line.length > 80 ? `${line.slice(0, 80).toWellFormed()} ...` : line);
}

/** Most tasks show the same few before each question. */
function keptPerDoc(make: (example: WorkedExample) => string): (example: WorkedExample) => string {
  const kept = new WeakMap<Doc, string>();
  return (example) => {
    const known = kept.get(example.doc) ?? make(example);
    kept.set(example.doc, known);
    return known;
  };
}
