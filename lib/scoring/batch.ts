import type { TaskEntry } from '../catalogue/entry.ts';
import type { FunctionRef } from '../catalogue/function-ref.ts';
import { PyError, PyTypeError } from '../python/exceptions.ts';
import { type Doc, isDict, PyTuple, type PyValue, typeName } from '../python/value.ts';
import { readScoringConfig, type ScoringConfig } from './config.ts';
import type { ScoringFunctions } from './functions.ts';
import { buildPipeline } from './pipeline.ts';
import { type Answered, CHOICE_HOOKS, createScorer, type Scored } from './scorer.ts';

/** Scores documents of one task, many at a time: those that Python scores travel together. */
export interface BatchScorer extends Disposable {
  readonly filters: readonly string[];
  /** Names of the metrics, as far as they are known before the first document. */
  readonly metrics: readonly string[];
  /**
   * Scores each document, or says what the harness raises for it.
   * @throws PermanentError where the task can't be scored
   */
  score(batch: readonly Answered[]): Promise<(Scored | PyError)[]>;
}

/** The function that scores a task's documents where only Python can; null where none is needed. */
export function pythonScoring({ processResults }: ScoringConfig): FunctionRef | null {
  return processResults === null || CHOICE_HOOKS.has(processResults.hook) ? null : processResults;
}

/**
 * Readies the scoring of a task. `open` gives its functions; it is asked only where there are some.
 * @throws PermanentError as `createScorer` does
 */
export async function createBatchScorer(
  entry: TaskEntry,
  firstDoc: Doc,
  open: (refs: readonly FunctionRef[]) => Promise<ScoringFunctions>,
): Promise<BatchScorer> {
  const definition = readScoringConfig(entry.name, entry.config);
  const processResults = pythonScoring(definition);
  if (processResults !== null) return byFunction(entry, definition, processResults, await open([processResults]));
  const scorer = createScorer(entry, firstDoc);
  return {
    filters: scorer.filters,
    metrics: scorer.metrics,
    score: async (batch) => batch.map((answered) => attempt(() => scorer.score(answered))),
    [Symbol.dispose]() {},
  };
}

/** `process_results` gets what each filter left, or the loglikelihoods, and gives all metrics (`process_results`, lm_eval/api/task.py). */
function byFunction(
  entry: TaskEntry,
  definition: ScoringConfig,
  processResults: FunctionRef,
  functions: ScoringFunctions,
): BatchScorer {
  const choices = entry.config.get('output_type') === 'multiple_choice';
  const pipelines = choices ? [] : definition.filters.map((filter) => buildPipeline(entry.name, filter));
  const resultsOf = ({ doc, generations, likelihoods }: Answered): Map<string, PyValue[]> =>
    choices
      ? new Map([['none', likelihoods.map(({ sum, greedy }) => new PyTuple([sum, greedy]))]])
      : new Map(pipelines.map(({ name, run }) => [name, [run(generations, doc)]]));
  return {
    filters: choices ? ['none'] : pipelines.map(({ name }) => name),
    metrics: definition.metrics?.map(({ name }) => name) ?? [],
    async score(batch) {
      const filtered = batch.map((answered) => attempt(() => resultsOf(answered)));
      const asked = filtered.flatMap((results, i) =>
        results instanceof PyError ? [] : [...results.values()].map((value) => [new Map(batch[i]?.doc), value]),
      );
      const given = await functions.call(processResults, asked);
      let next = 0;
      return filtered.map((results) => {
        if (results instanceof PyError) return results;
        const values = given.slice(next, next + results.size);
        next += results.size;
        return scoredOf(results, values);
      });
    },
    [Symbol.dispose]: () => functions[Symbol.dispose](),
  };
}

function scoredOf(results: ReadonlyMap<string, PyValue[]>, values: readonly (PyValue | PyError)[]): Scored | PyError {
  const metrics = new Map<string, ReadonlyMap<string, PyValue>>();
  for (const [i, filter] of [...results.keys()].entries()) {
    const value = values[i] ?? null;
    if (value instanceof PyError) return value;
    if (!isDict(value)) return new PyTypeError(`process_results gave ${typeName(value)} where metrics are wanted`);
    metrics.set(filter, new Map([...value].map(([name, metric]) => [String(name), metric])));
  }
  const filtered = new Map(
    [...results].map(([filter, [only = null, ...more]]) => [filter, more.length > 0 ? [only, ...more] : only]),
  );
  return { gold: null, filtered, metrics };
}

function attempt<T>(run: () => T): T | PyError {
  try {
    return run();
  } catch (error) {
    if (error instanceof PyError) return error;
    throw error;
  }
}
