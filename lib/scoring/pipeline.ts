import { PermanentError } from '../errors/errors.ts';
import { PyError } from '../python/exceptions.ts';
import type { Doc, PyValue } from '../python/value.ts';
import type { FilterConfig } from './config.ts';
import { FilterKwargs } from './filters/filter.ts';
import { FILTERS } from './filters/registry.ts';

/** One named pipeline of filters, ready to run on what came back for a document. */
export interface Pipeline {
  readonly name: string;
  /** @throws PyError where the harness's filters raise */
  run(responses: readonly string[], doc: Doc): PyValue;
}

/**
 * Builds a pipeline from its configuration.
 * @throws PermanentError BadTaskDefinition for a filter that the harness does not know, or keywords that it refuses;
 * UnsupportedHook for one that is a function
 */
export function buildPipeline(task: string, { name, steps }: FilterConfig): Pipeline {
  const filters = steps.map((step) => {
    const known = step.get('function');
    const make = typeof known === 'string' ? FILTERS.get(known) : undefined;
    if (!make)
      throw new PermanentError(
        'UnsupportedTask',
        `Task ${task} filters answers by ${String(known)}, which can't be run here.`,
        { context: { task } },
      );
    try {
      return make(FilterKwargs.of(step, task));
    } catch (error) {
      if (!(error instanceof PyError)) throw error;
      throw new PermanentError(
        'BadTaskDefinition',
        `Task ${task}: filter ${String(known)} of ${name}: ${error.message}.`,
        {
          cause: error,
          context: { task, filter: name },
        },
      );
    }
  });
  return {
    name,
    run(responses, doc) {
      let value: PyValue = [...responses];
      for (const filter of filters) value = filter(value, doc);
      return value;
    },
  };
}
