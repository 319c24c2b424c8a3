import type { FunctionRef } from '../catalogue/function-ref.ts';
import { PermanentError } from '../errors/errors.ts';
import { PyError } from '../python/exceptions.ts';
import type { PyValue } from '../python/value.ts';

/**
 * How the harness calls a function: a document's function with its arguments; `filter_fn` of the filter `custom`, and a filter
 * class, with the answers and the document of one instance; a metric with gold and answer (lm_eval/filters/custom.py,
 * lm_eval/api/filter.py, lm_eval/api/task.py).
 */
export type CallKind = 'call' | 'filter' | 'filter class' | 'metric';

/** A Python function that scoring waits for. */
export interface PythonCall {
  readonly ref: FunctionRef;
  readonly kind: CallKind;
  readonly args: readonly PyValue[];
  readonly kwargs?: ReadonlyMap<string, PyValue>;
  /** Whether the document is scored all the same where this function can't be run here. */
  readonly dispensable?: boolean;
}

/**
 * Scoring that pauses for each Python function and goes on with what it gave. What the function raises is thrown into it. So
 * one way of scoring serves tasks with and without functions, and documents wait for their functions together.
 */
export type Scoring<T> = Generator<PythonCall, T, PyValue>;

/** Makes calls and gives, in their order, what came of each. */
export type CallPython = (calls: readonly PythonCall[]) => Promise<(PyValue | PyError)[]>;

/** Finishes scoring that needs no function. @throws PermanentError UnsupportedHook where it asks for one */
export function finish<T>(scoring: Scoring<T>): T {
  const step = scoring.next();
  if (step.done) return step.value;
  const { hook } = step.value.ref;
  throw new PermanentError(
    'UnsupportedHook',
    `The Python function ${hook} is needed to score answers, and nothing is here that runs it.`,
    { context: { hook } },
  );
}

/** Finishes several scorings side by side: what they wait for is called in one go. An exception ends its own only. */
export async function finishTogether<T>(scorings: readonly Scoring<T>[], call: CallPython): Promise<(T | PyError)[]> {
  const outcomes = new Map<number, T | PyError>();
  let waiting: { readonly at: number; readonly call: PythonCall }[] = [];
  const advance = (at: number, step: (scoring: Scoring<T>) => IteratorResult<PythonCall, T>) => {
    const scoring = scorings[at];
    if (scoring === undefined) return;
    try {
      const result = step(scoring);
      if (result.done) outcomes.set(at, result.value);
      else waiting.push({ at, call: result.value });
    } catch (error) {
      if (!(error instanceof PyError)) throw error;
      outcomes.set(at, error);
    }
  };
  for (const at of scorings.keys()) advance(at, (scoring) => scoring.next());
  while (waiting.length > 0) {
    const asked = waiting;
    waiting = [];
    const given = await call(asked.map((entry) => entry.call));
    for (const [i, { at }] of asked.entries()) {
      const value = given[i] ?? null;
      advance(at, (scoring) => (value instanceof PyError ? scoring.throw(value) : scoring.next(value)));
    }
  }
  return scorings.map((_, at) => outcomes.get(at) ?? new PyError('nothing came of the document'));
}
