import { PyTypeError } from '../../python/exceptions.ts';
import type { PyValue } from '../../python/value.ts';
import { exactMatch, type MetricKwargs } from './exact-match.ts';

/** A metric over one document, or over lists of predictions and references; a dict's entries stand for themselves. */
export type Metric = (gold: readonly PyValue[], predictions: readonly PyValue[], kwargs: MetricKwargs) => PyValue;

/**
 * The metrics that a task which generates text can name (`METRIC_REGISTRY`, lm_eval/api/registry.py). Those that pass through give
 * the pair of gold and answer, which means something in an aggregation over all documents only.
 */
export const METRICS: ReadonlyMap<string, Metric> = new Map<string, Metric>([
  ['exact_match', (gold, predictions, kwargs) => exactMatch(predictions, gold, kwargs)],
  ['bypass', () => null],
  // It reads paragraphs of documents, which pairs of a gold answer and a text are not.
  ['acc_all', notOfTexts],
  ...[
    'brier_score',
    'acc',
    'acc_norm',
    'acc_mutual_info',
    'perplexity',
    'word_perplexity',
    'byte_perplexity',
    'bits_per_byte',
    'mcc',
    'f1',
    'bleu',
    'chrf',
    'ter',
  ].map((name): [string, Metric] => [name, passThrough]),
]);

function notOfTexts(): PyValue {
  throw new PyTypeError('acc_all: string indices must be integers');
}

function passThrough(gold: readonly PyValue[], predictions: readonly PyValue[]): PyValue {
  const [first] = gold;
  const [answer] = predictions;
  if (first === undefined || answer === undefined) throw new PyTypeError('missing 1 required positional argument');
  return [first, answer];
}
