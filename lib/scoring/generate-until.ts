import { truthy } from '../python/compare.ts';
import { PyError, PyIndexError, PyTypeError, PyValueError } from '../python/exceptions.ts';
import { floatFromText, intFromText } from '../python/number.ts';
import { str } from '../python/repr.ts';
import { isDict, type PyDict, PyTuple, type PyValue, typeName } from '../python/value.ts';
import type { MetricConfig } from './config.ts';
import { exactMatch } from './metrics/exact-match.ts';
import { METRICS } from './metrics/registry.ts';
import type { Scoring } from './python-call.ts';

/** One document of a task that generates text, ready to be scored. */
export interface GeneratedDocument {
  /** As `doc_to_target` gives it. */
  readonly target: PyValue;
  /** Null where the task has no choices. */
  readonly choices: PyValue | null;
  /** How many targets the split's first document has; 0 where it has one that is no list. */
  readonly multipleTarget: number;
  /** What the filters left. */
  readonly result: PyValue;
}

/**
 * What counts as right for an answer: a choice's text, the list of targets, or the target in the answer's type
 * (`process_results`, lm_eval/api/task.py; METRIC-3).
 * @throws PyError where the harness raises
 */
function goldFor({ target, choices, multipleTarget, result }: GeneratedDocument, metrics: readonly string[]): PyValue {
  if (choices !== null) return choiceAt(choices, target);
  if (multipleTarget > 0) return listOf(target);
  if (typeName(target) === typeName(result) || Array.isArray(result) || metrics.includes('bypass')) return target;
  return inTypeOf(result, target);
}

/**
 * Every metric of a document, in the harness's order. Some pass the pair of gold and answer through; one that gives a dict gives
 * several.
 * @throws PyError where the harness raises
 */
export function* generatedMetrics(
  doc: GeneratedDocument,
  metrics: readonly MetricConfig[],
): Scoring<{ gold: PyValue; metrics: Map<string, PyValue> }> {
  const gold = goldFor(
    doc,
    metrics.map(({ name }) => name),
  );
  const values = new Map<string, PyValue>();
  let result: PyValue = doc.result;
  for (const metric of metrics) {
    const { name } = metric;
    if (doc.multipleTarget === 0) {
      const value = yield* measured(metric, gold, result);
      if (isDict(value)) for (const [key, item] of value) values.set(String(key), item);
      else values.set(name, value);
      continue;
    }
    const golds = Array.isArray(gold) ? gold : [gold];
    if (name === 'exact_match') {
      // Metrics after this one see the repeated answer, as in the harness.
      result = golds.map(() => result);
      const score =
        metric.fn === null ? exactMatch(result, golds, metric.kwargs) : yield* scoreOf(metric, golds, result);
      values.set(name, score > 0 ? 1 : 0);
    } else {
      let any = false;
      for (const option of golds) {
        const value = yield* measured(metric, option, result);
        any = truthy(isDict(value) ? entryOf(value, name) : value) || any;
      }
      values.set(name, any ? 1 : 0);
    }
  }
  return { gold, metrics: values };
}

function* measured({ name, fn, kwargs }: MetricConfig, gold: PyValue, result: PyValue): Scoring<PyValue> {
  if (fn !== null) return yield { ref: fn, kind: 'metric', args: [gold, result], kwargs };
  const metric = METRICS.get(name);
  if (!metric) throw new PyTypeError(`'NoneType' object is not callable: metric ${name}`);
  return metric([gold], [result], kwargs);
}

/** Where a task's own function is called `exact_match`, the harness takes what it gives for its own metric's dict. */
function* scoreOf({ name, fn, kwargs }: MetricConfig, golds: PyValue, result: PyValue): Scoring<number> {
  if (fn === null) return 0;
  const lists: [string, PyValue][] = [
    ['references', golds],
    ['predictions', result],
  ];
  const value = yield { ref: fn, kind: 'call', args: [], kwargs: new Map([...lists, ...kwargs]) };
  if (!isDict(value)) throw new PyTypeError(`'${typeName(value)}' object is not subscriptable`);
  const score = entryOf(value, name);
  if (typeof score === 'number' || typeof score === 'bigint' || typeof score === 'boolean') return Number(score);
  throw new PyTypeError(`'>' not supported between instances of '${typeName(score)}' and 'float'`);
}

function entryOf(value: PyDict, name: string): PyValue {
  const entry = value.get(name);
  if (entry !== undefined) return entry;
  throw new PyError(`KeyError: '${name}'`);
}

function choiceAt(choices: PyValue, index: PyValue): PyValue {
  const items = Array.isArray(choices)
    ? choices
    : choices instanceof PyTuple
      ? choices.items
      : typeof choices === 'string'
        ? [...choices]
        : null;
  if (items === null || (typeof index !== 'bigint' && typeof index !== 'boolean')) {
    throw new PyTypeError(`list indices must be integers or slices, not ${typeName(index)}`);
  }
  const choice = items.at(Number(index));
  if (choice === undefined) throw new PyIndexError('list index out of range');
  return choice;
}

function listOf(value: PyValue): PyValue[] {
  if (Array.isArray(value)) return value;
  if (typeof value === 'string') return [...value];
  if (value instanceof PyTuple) return [...value.items];
  if (isDict(value)) return [...value.keys()];
  throw new PyTypeError(`'${typeName(value)}' object is not iterable`);
}

/** Python's `type(result)(target)`. */
function inTypeOf(result: PyValue, target: PyValue): PyValue {
  if (typeof result === 'string') return str(target);
  if (typeof result === 'bigint') {
    if (typeof target === 'string') return intFromText(target);
    if (typeof target === 'boolean') return target ? 1n : 0n;
    if (typeof target === 'number' && Number.isFinite(target)) return BigInt(Math.trunc(target));
  }
  if (typeof result === 'number') {
    if (typeof target === 'string') return floatFromText(target);
    if (typeof target === 'bigint' || typeof target === 'boolean') return Number(target);
  }
  if (typeof result === 'boolean') return truthy(target);
  if (result instanceof PyTuple) return new PyTuple(listOf(target));
  if (result === null) throw new PyTypeError('NoneType takes no arguments');
  throw new PyValueError(`a ${typeName(target)} can't be made a ${typeName(result)}`);
}
