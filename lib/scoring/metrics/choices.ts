import type { Loglikelihood } from '../../evaluator-api/loglikelihood.ts';
import { equals } from '../../python/compare.ts';
import { PyTypeError, PyValueError } from '../../python/exceptions.ts';
import { pyLen } from '../../python/sequence.ts';
import { PyTuple, type PyValue } from '../../python/value.ts';
import { argmax, softmax, sum } from './numpy.ts';

/** What a label that names no choice is replaced by (lm_eval/api/task.py). */
const NO_CHOICE = -100;

/** A multiple-choice document, ready to be scored. */
export interface ChoiceDocument {
  /** As `doc_to_choice` gives them, without the delimiter. */
  readonly choices: readonly PyValue[];
  /** The label: an index, a choice's text, or several indices. */
  readonly gold: PyValue;
  /** Whether the task's labels are lists. */
  readonly multipleTarget: boolean;
  /** In the order of the choices; twice as many for `acc_mutual_info`, the second half without context. */
  readonly results: readonly Loglikelihood[];
}

/**
 * `process_results` of multiple-choice tasks (lm_eval/api/task.py), in the harness's order of metrics. Metrics that mean something
 * over all documents only are the pairs that their aggregation takes, but for `brier_score`, whose mean over documents is
 * the harness's number: it is the document's own.
 * @throws PyError where the harness raises
 */
export function choiceMetrics(doc: ChoiceDocument, metrics: ReadonlySet<string>): Map<string, PyValue> {
  const { choices, multipleTarget } = doc;
  const both = metrics.has('acc_mutual_info') && doc.results.length === 2 * choices.length;
  const conditional = both ? doc.results.slice(0, choices.length) : doc.results;
  const lls = conditional.map((result) => result.sum);
  if (lls.length !== choices.length) throw new PyValueError(`${lls.length} results for ${choices.length} choices`);
  const pred = argmax(lls);
  const predNorm = argmax(lls.map((ll, i) => ll / lengthOf(choices[i] ?? null)));
  const gold = goldOf(doc);
  const golds = Array.isArray(gold) ? gold : [gold];
  if (multipleTarget && !Array.isArray(gold)) throw new PyTypeError("argument of type 'int' is not iterable");
  if (!multipleTarget && Array.isArray(gold))
    throw new PyTypeError('tuple indices must be integers or slices, not list');
  const right = (index: number) => (golds.includes(index) ? 1 : 0);
  const result = new Map<string, PyValue>();
  if (metrics.has('acc')) result.set('acc', right(pred));
  if (metrics.has('f1')) result.set('f1', pairOf(gold, BigInt(pred)));
  if (metrics.has('mcc')) result.set('mcc', pairOf(gold, BigInt(pred)));
  if (metrics.has('acc_norm')) result.set('acc_norm', right(predNorm));
  if (metrics.has('exact_match')) result.set('exact_match', golds.some((index) => isGreedy(doc, index)) ? 1 : 0);
  if (metrics.has('brier_score')) result.set('brier_score', brierScore(lls, golds[0] ?? NO_CHOICE));
  if (metrics.has('acc_mutual_info')) {
    if (!both) throw new PyValueError('acc_mutual_info needs a second request per choice');
    const gains = lls.map((ll, i) => ll - (doc.results[choices.length + i]?.sum ?? Number.NaN));
    // Here labels are compared as an array, whose truth numpy tells of a single item only.
    if (golds.length !== 1)
      throw new PyValueError(`the truth value of an array with ${golds.length} elements is ambiguous`);
    result.set('acc_mutual_info', right(argmax(gains)));
  }
  return result;
}

/**
 * The share of probability that falls on true answers, `mc2` of truthfulqa: probabilities without a common factor taken out,
 * so that likelihoods below about e**-745 give NaN.
 */
export function trueMass(lls: readonly number[], labels: readonly PyValue[]): number {
  const powers = lls.map(Math.exp);
  const total = sum(powers);
  return sum(powers.filter((_, i) => equals(labels[i] ?? null, 1n)).map((power) => power / total));
}

function goldOf({ choices, gold }: ChoiceDocument): number | number[] {
  const known = (index: PyValue): number => {
    if (typeof index !== 'bigint' && typeof index !== 'boolean') throw new PyTypeError("'<' not supported here");
    return Number(index) < choices.length ? Number(index) : NO_CHOICE;
  };
  if (Array.isArray(gold)) return gold.map(known);
  if (typeof gold === 'bigint' || typeof gold === 'boolean') return known(gold);
  if (typeof gold === 'string') {
    const index = choices.findIndex((choice) => equals(choice, gold));
    return index < 0 ? NO_CHOICE : index;
  }
  throw new PyTypeError('list indices must be integers or slices');
}

function lengthOf(choice: PyValue): number {
  if (typeof choice === 'string' || Array.isArray(choice) || choice instanceof PyTuple || choice instanceof Map) {
    return pyLen(choice);
  }
  throw new PyTypeError('object has no len()');
}

/** Python's negative indices count from the end. */
function isGreedy({ results }: ChoiceDocument, index: number): boolean {
  return index !== NO_CHOICE && (results.at(index)?.greedy ?? false);
}

function brierScore(lls: readonly number[], gold: number): number {
  const probabilities = softmax(lls);
  const at = gold < 0 ? gold + lls.length : gold;
  return sum(probabilities.map((probability, i) => (probability - (i === at ? 1 : 0)) ** 2));
}

function pairOf(gold: number | number[], pred: bigint): PyTuple {
  return new PyTuple([Array.isArray(gold) ? gold.map(BigInt) : BigInt(gold), pred]);
}
