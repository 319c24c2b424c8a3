import { functionsIn } from '../catalogue/config-value.ts';
import type { TaskEntry } from '../catalogue/entry.ts';
import { PermanentError } from '../errors/errors.ts';
import { findHook } from '../hooks/registry.ts';
import { pythonScoring } from './batch.ts';
import { readScoringConfig, type ScoringConfig } from './config.ts';
import { METRICS } from './metrics/registry.ts';
import { buildPipeline } from './pipeline.ts';
import { selectionFor } from './selection.ts';

/** Whether answers of a task can be scored: by which filter and metric, or why not, as the end of a sentence about it. */
export type Scorable =
  | {
      readonly scorable: true;
      readonly filter: string;
      readonly metric: string | null;
      readonly source: string;
      /** The Python function that scores its documents in the sandbox; null where none is needed. */
      readonly python: string | null;
    }
  | { readonly scorable: false; readonly reason: string };

/** Metrics of multiple choice that are one number per document. */
const CHOICE_NUMBERS: ReadonlySet<string> = new Set([
  'acc',
  'acc_norm',
  'exact_match',
  'brier_score',
  'acc_mutual_info',
]);
/** Fields that scoring evaluates for each document. */
const FIELDS = ['doc_to_target', 'doc_to_choice'];

/** Finds out from a definition alone whether its answers can be scored here. */
export function scorableOf(entry: TaskEntry): Scorable {
  try {
    return decide(entry);
  } catch (error) {
    if (error instanceof PermanentError) return { scorable: false, reason: `can't be scored: ${error.message}` };
    throw error;
  }
}

function decide(entry: TaskEntry): Scorable {
  const definition = readScoringConfig(entry.name, entry.config);
  const multipleChoice = entry.config.get('output_type') === 'multiple_choice';
  const filtersOf = () =>
    multipleChoice ? ['none'] : definition.filters.map((filter) => buildPipeline(entry.name, filter).name);
  // It takes the place of metrics and targets.
  if (definition.processResults !== null) return yes(entry.name, filtersOf(), definition);
  const missing = FIELDS.flatMap((field) => functionsIn(entry.config.get(field) ?? null)).find(
    ({ hook }) => findHook(hook) === undefined,
  );
  if (missing) return no(missing.hook);
  const own = definition.metrics?.find(({ fn }) => fn !== null)?.fn;
  if (own) return no(own.hook);
  const numbers = (definition.metrics ?? [{ name: multipleChoice ? 'acc' : 'exact_match' }]).filter(({ name }) =>
    multipleChoice ? CHOICE_NUMBERS.has(name) : name === 'exact_match',
  );
  if (numbers.length === 0) {
    const names = definition.metrics
      ?.map(({ name }) => (METRICS.has(name) ? name : `${name} (unknown here)`))
      .join(', ');
    return {
      scorable: false,
      reason: `has no metric that is one number per document (${names}); they mean something over many documents only`,
    };
  }
  return yes(entry.name, filtersOf(), definition);
}

function yes(task: string, filters: readonly string[], definition: ScoringConfig): Scorable {
  const names = definition.metrics?.map(({ name }) => name) ?? [];
  return {
    scorable: true,
    ...selectionFor(task, filters, names),
    python: pythonScoring(definition)?.hook ?? null,
  };
}

function no(hook: string): Scorable {
  return {
    scorable: false,
    reason: `needs the Python function ${hook} to score answers, which can't be run there yet`,
  };
}
