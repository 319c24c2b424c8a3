import { type ConfigDict, withoutFunctions } from '../catalogue/config-value.ts';
import { FunctionRef } from '../catalogue/function-ref.ts';
import { PermanentError } from '../errors/errors.ts';
import { PyError } from '../python/exceptions.ts';
import type { Doc, PyValue } from '../python/value.ts';
import type { FilterConfig } from './config.ts';
import { docForPython } from './fields.ts';
import { FilterKwargs } from './filters/filter.ts';
import { ANSWER_FILTERS } from './filters/registry.ts';
import type { Scoring } from './python-call.ts';

/** One named pipeline of filters, ready to run on what came back for a document. */
export interface Pipeline {
  readonly name: string;
  /** @throws PyError where the harness's filters raise */
  run(responses: readonly string[], doc: Doc): Scoring<PyValue>;
}

type Step = (responses: PyValue, doc: Doc) => Scoring<PyValue>;

/**
 * Builds a pipeline from its configuration.
 * @throws PermanentError BadTaskDefinition for a filter that the harness does not know, or keywords that it refuses
 */
export function buildPipeline(task: string, { name, steps }: FilterConfig): Pipeline {
  const filters = steps.map((step) => stepOf(task, name, step));
  return {
    name,
    *run(responses, doc) {
      let value: PyValue = [...responses];
      for (const filter of filters) value = yield* filter(value, doc);
      return value;
    },
  };
}

/** The Python functions and classes that pipelines name. */
export function filterFunctions(filters: readonly FilterConfig[]): FunctionRef[] {
  return filters
    .flatMap(({ steps }) =>
      steps.map((step) => (step.get('function') === 'custom' ? step.get('filter_fn') : step.get('function'))),
    )
    .filter((value) => value instanceof FunctionRef);
}

function stepOf(task: string, pipeline: string, step: ConfigDict): Step {
  const known = step.get('function');
  if (known instanceof FunctionRef) return classFilter(task, known, step);
  if (known === 'custom') return customFilter(task, step.get('filter_fn'));
  const make = typeof known === 'string' ? ANSWER_FILTERS.get(known) : undefined;
  if (!make) {
    throw new PermanentError(
      'UnsupportedTask',
      `Task ${task} filters answers by ${String(known)}, which can't be run here.`,
      { context: { task } },
    );
  }
  try {
    const filter = make(FilterKwargs.of(step, task));
    // biome-ignore lint/correctness/useYield: it has nothing to wait for
    return function* (responses, doc) {
      return filter(responses, doc);
    };
  } catch (error) {
    if (!(error instanceof PyError)) throw error;
    throw new PermanentError(
      'BadTaskDefinition',
      `Task ${task}: filter ${String(known)} of ${pipeline}: ${error.message}.`,
      { cause: error, context: { task, filter: pipeline } },
    );
  }
}

/** `custom` (CustomFilter, lm_eval/filters/custom.py): a function of the task's, called with lists of instances. */
function customFilter(task: string, ref: unknown): Step {
  if (!(ref instanceof FunctionRef)) {
    throw new PermanentError('BadTaskDefinition', `Task ${task}: the filter custom needs a function as filter_fn.`, {
      context: { task },
    });
  }
  return function* (responses, doc) {
    return yield { ref, kind: 'filter', args: [responses, docForPython(doc)] };
  };
}

/** A filter class of the task's own (`get_filter`, lm_eval/api/registry.py), made anew for each document. */
function classFilter(task: string, ref: FunctionRef, step: ConfigDict): Step {
  const kwargs = new Map(
    [...step]
      .filter(([key]) => key !== 'function')
      .map(([key, value]): [string, PyValue] => [String(key), withoutFunctions(value, task)]),
  );
  return function* (responses, doc) {
    return yield { ref, kind: 'filter class', args: [responses, docForPython(doc)], kwargs };
  };
}
