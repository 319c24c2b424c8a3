import type { FunctionRef } from '../catalogue/function-ref.ts';
import { PermanentError } from '../errors/errors.ts';
import { PyError } from '../python/exceptions.ts';
import type { PyValue } from '../python/value.ts';
import type { Bounded } from './bounded.ts';

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

/**
 * Finishes several scorings side by side: what they wait for is called in one go. An exception ends its own only, and so does a step
 * that takes too long.
 */
export async function finishTogether<T>(
  scorings: readonly Scoring<T>[],
  call: CallPython,
  bounded: Pick<Bounded, 'each'>,
): Promise<(T | PyError)[]> {
  const outcomes: (T | PyError)[] = [];
  let waiting: { readonly at: number; readonly call: PythonCall }[] = [];
  const advance = (steps: readonly { at: number; step: () => IteratorResult<PythonCall, T> }[]) => {
    const results = bounded.each(steps.map(({ step }) => step));
    waiting = steps.flatMap(({ at }, i) => {
      const result = results[i];
      if (result !== undefined && !(result instanceof PyError) && !result.done) return [{ at, call: result.value }];
      outcomes[at] = result instanceof PyError ? result : (result?.value ?? new PyError('nothing came of it'));
      return [];
    });
  };
  advance(scorings.map((scoring, at) => ({ at, step: () => scoring.next() })));
  while (waiting.length > 0) {
    const given = await call(waiting.map((entry) => entry.call));
    advance(
      waiting.map(({ at }, i) => {
        const value = given[i] ?? null;
        return { at, step: () => resumed(scorings[at], value) };
      }),
    );
  }
  return outcomes;
}

function resumed<T>(scoring: Scoring<T> | undefined, value: PyValue | PyError): IteratorResult<PythonCall, T> {
  if (scoring === undefined) throw new PyError('there is nothing to go on with');
  return value instanceof PyError ? scoring.throw(value) : scoring.next(value);
}
