import { type ConfigDict, type ConfigValue, isConfigDict, withoutFunctions } from '../catalogue/config-value.ts';
import { FunctionRef } from '../catalogue/function-ref.ts';
import { PermanentError } from '../errors/errors.ts';
import type { PyValue } from '../python/value.ts';

/** One named pipeline of a task's `filter_list`; each step names its filter, or a function, next to its keywords. */
export interface FilterConfig {
  readonly name: string;
  readonly steps: readonly ConfigDict[];
}

/** One entry of a task's `metric_list`. */
export interface MetricConfig {
  readonly name: string;
  /** The function that computes it, where the task has its own. */
  readonly fn: FunctionRef | null;
  readonly kwargs: ReadonlyMap<string, PyValue>;
  /** How documents become one number: the harness's name of it, or a function's; null where the metric's own counts. */
  readonly aggregation: string | null;
  /** Whether it comes from the library `evaluate`, which downloads it. */
  readonly downloaded: boolean;
}

/** What a task's definition says about scoring (lm_eval/api/task.py). */
export interface ScoringConfig {
  readonly task: string;
  readonly filters: readonly FilterConfig[];
  /** Null where the definition names none, so that the output type's own count. */
  readonly metrics: readonly MetricConfig[] | null;
  /** `process_results`, which takes the place of metrics. */
  readonly processResults: FunctionRef | null;
}

/** The filter of tasks that name none. */
const DEFAULT_FILTER: FilterConfig = { name: 'none', steps: [new Map([['function', 'take_first']])] };

const NOT_KEYWORDS: ReadonlySet<PyValue> = new Set(['metric', 'aggregation', 'higher_is_better', 'hf_evaluate']);

/** Reads what a definition says about scoring. @throws PermanentError BadTaskDefinition naming task and field */
export function readScoringConfig(task: string, config: ConfigDict): ScoringConfig {
  const processResults = config.get('process_results') ?? null;
  if (processResults !== null && !(processResults instanceof FunctionRef))
    throw wrong(task, 'process_results', 'a function');
  const filters = listOf(task, config, 'filter_list');
  const metrics = listOf(task, config, 'metric_list');
  return {
    task,
    filters: filters?.map((item) => filterOf(task, item)) ?? [DEFAULT_FILTER],
    metrics: metrics?.map((item) => metricOf(task, item)) ?? null,
    processResults,
  };
}

function filterOf(task: string, item: ConfigDict): FilterConfig {
  const name = item.get('name');
  const steps = item.get('filter');
  if (typeof name !== 'string' || !Array.isArray(steps))
    throw wrong(task, 'filter_list', 'a list of mappings with name and filter');
  return { name, steps: steps.map((step) => dictOf(task, 'filter_list', step)) };
}

function metricOf(task: string, item: ConfigDict): MetricConfig {
  const metric = item.get('metric');
  const fn = metric instanceof FunctionRef ? metric : null;
  const name = fn?.name ?? metric;
  if (typeof name !== 'string') throw wrong(task, 'metric_list', 'a list of mappings with a "metric"');
  const aggregation = item.get('aggregation');
  const kwargs = [...item]
    .filter(([key]) => !NOT_KEYWORDS.has(key))
    .map(([key, value]): [string, PyValue] => [String(key), withoutFunctions(value, task)]);
  return {
    name,
    fn,
    kwargs: new Map(kwargs),
    aggregation:
      aggregation instanceof FunctionRef ? aggregation.hook : typeof aggregation === 'string' ? aggregation : null,
    downloaded: item.get('hf_evaluate') === true,
  };
}

function listOf(task: string, config: ConfigDict, field: string): ConfigDict[] | null {
  const value = config.get(field) ?? null;
  if (value === null) return null;
  if (!Array.isArray(value)) throw wrong(task, field, 'a list');
  return value.map((item) => dictOf(task, field, item));
}

function dictOf(task: string, field: string, value: ConfigValue): ConfigDict {
  if (isConfigDict(value)) return value;
  throw wrong(task, field, 'a list of mappings');
}

function wrong(task: string, field: string, wanted: string): PermanentError {
  return new PermanentError('BadTaskDefinition', `Task ${task}: ${field} must be ${wanted}.`, {
    context: { task, field },
  });
}
