import type { TaskEntry } from '../catalogue/entry.ts';
import type { FunctionRef } from '../catalogue/function-ref.ts';
import { PyError } from '../python/exceptions.ts';
import type { Doc } from '../python/value.ts';
import { Bounded } from './bounded.ts';
import { readScoringConfig } from './config.ts';
import type { ScoringFunctions } from './functions.ts';
import { finish, finishTogether } from './python-call.ts';
import { type Answered, createScorer, functionsForGold, functionsToScore, type Scored } from './scorer.ts';

/** Scores documents of one task, many at a time: what Python scores of them travels together. */
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

/**
 * Readies the scoring of a task. `open` gives its functions; it is asked only where there are some.
 * @throws PermanentError as `createScorer` does
 */
export async function createBatchScorer(
  entry: TaskEntry,
  firstDoc: Doc,
  open: (refs: readonly FunctionRef[]) => Promise<ScoringFunctions>,
): Promise<BatchScorer> {
  const refs = [...functionsToScore(entry, readScoringConfig(entry.name, entry.config)), ...functionsForGold(entry)];
  if (refs.length === 0) return withoutFunctions(entry, firstDoc);
  const functions = await open(refs);
  const bounded = new Bounded();
  try {
    const [scorer] = await finishTogether([createScorer(entry, firstDoc)], functions.call, bounded);
    if (scorer === undefined || scorer instanceof PyError) throw scorer ?? new PyError('there is no scorer');
    return {
      filters: scorer.filters,
      metrics: scorer.metrics,
      score: (batch) => finishTogether(batch.map(scorer.score), functions.call, bounded),
      [Symbol.dispose]: () => functions[Symbol.dispose](),
    };
  } catch (error) {
    functions[Symbol.dispose]();
    throw error;
  }
}

function withoutFunctions(entry: TaskEntry, firstDoc: Doc): BatchScorer {
  const scorer = finish(createScorer(entry, firstDoc));
  const bounded = new Bounded();
  return {
    filters: scorer.filters,
    metrics: scorer.metrics,
    score: async (batch) => bounded.each(batch.map((answered) => () => finish(scorer.score(answered)))),
    [Symbol.dispose]() {},
  };
}
