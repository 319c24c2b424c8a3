import type { TaskEntry } from '../catalogue/entry.ts';
import type { FunctionRef } from '../catalogue/function-ref.ts';
import { toTaskConfig } from '../catalogue/task-config.ts';
import { PermanentError } from '../errors/errors.ts';
import type { Loglikelihood } from '../evaluator-api/loglikelihood.ts';
import { PyError, PyIndexError, PyTypeError } from '../python/exceptions.ts';
import { type Doc, isDict, PyTuple, type PyValue, typeName } from '../python/value.ts';
import { type MetricConfig, readScoringConfig, type ScoringConfig } from './config.ts';
import { docForPython, fieldFunctions, type ScoredField, type ScoredFields, scoredFields } from './fields.ts';
import { itemsOf } from './filters/filter.ts';
import { generatedMetrics } from './generate-until.ts';
import { choiceMetrics, trueMass } from './metrics/choices.ts';
import { buildPipeline, filterFunctions, type Pipeline } from './pipeline.ts';
import type { Scoring } from './python-call.ts';

/** One document with what came back for it. */
export interface Answered {
  readonly doc: Doc;
  /** Answers of its instance, for tasks that generate text. */
  readonly generations: readonly string[];
  /** One per choice, in their order, for multiple choice; one for tasks that ask for one. */
  readonly likelihoods: readonly Loglikelihood[];
}

/** Everything that scoring found out about one document. */
export interface Scored {
  readonly gold: PyValue;
  /** What each filter left. */
  readonly filtered: ReadonlyMap<string, PyValue>;
  /** By filter, each metric in the harness's order. */
  readonly metrics: ReadonlyMap<string, ReadonlyMap<string, PyValue>>;
}

/** Scores documents of one task as the harness does, every filter and every metric of it. */
export interface Scorer {
  readonly filters: readonly string[];
  /** Names of the metrics, as far as they are known before the first document. */
  readonly metrics: readonly string[];
  readonly definition: ScoringConfig;
  /** @throws PyError or PermanentError where the harness raises for this document */
  score(answered: Answered): Scoring<Scored>;
}

/** `process_results` functions that stand here in TypeScript; the rest is Python's to run. */
const CHOICE_HOOKS: ReadonlyMap<string, (doc: Doc, lls: readonly number[]) => Map<string, PyValue>> = new Map([
  ['truthfulqa/utils.process_results_mc2', (doc, lls) => new Map([['acc', trueMass(lls, labelsOf(doc))]])],
]);

const METRIC_DEFAULTS = {
  generate_until: ['exact_match'],
  multiple_choice: ['acc', 'acc_norm'],
  loglikelihood: ['perplexity', 'acc'],
} as const;

/** Whether answers of the task are likelihoods, not texts: it has no filters then. */
export function asksLikelihoods({ config }: TaskEntry): boolean {
  const type = config.get('output_type');
  return type === 'multiple_choice' || type === 'loglikelihood';
}

/** The Python functions that scoring a task calls, `process_results` first where there is one. */
export function functionsToScore(entry: TaskEntry, definition: ScoringConfig): FunctionRef[] {
  const { processResults, filters, metrics } = definition;
  const likelihoods = asksLikelihoods(entry);
  const own = processResults === null || CHOICE_HOOKS.has(processResults.hook) ? [] : [processResults];
  const measuring = processResults !== null || likelihoods ? [] : (metrics ?? []).flatMap(({ fn }) => fn ?? []);
  return [...own, ...(likelihoods ? [] : filterFunctions(filters)), ...measuring];
}

/** The functions that give what is right for a document; where `process_results` scores, they only show it. */
export function functionsForGold({ config }: TaskEntry): FunctionRef[] {
  // Choices may stand in the context: then the text is the label.
  const text = config.get('output_type') === 'multiple_choice' ? ['doc_to_text'] : [];
  return fieldFunctions(config, [...text, 'doc_to_target', 'doc_to_choice']);
}

/**
 * Compiles the scoring of a task. `firstDoc` is the first document asked about: the harness learns from a first document
 * what columns there are, whether targets are lists and whether the choices stand in the context.
 * @throws PermanentError UnsupportedTask where it needs what can't be run here
 */
export function* createScorer(entry: TaskEntry, firstDoc: Doc): Scoring<Scorer> {
  const definition = readScoringConfig(entry.name, entry.config);
  const outputType = entry.config.get('output_type') ?? 'generate_until';
  const likelihoods = asksLikelihoods(entry);
  if (!likelihoods && outputType !== 'generate_until') {
    throw new PermanentError(
      'UnsupportedTask',
      `Task ${entry.name} has output_type ${String(outputType)}, which can't be scored here.`,
      { context: { task: entry.name } },
    );
  }
  if (definition.processResults !== null) {
    return functionScorer(definition, definition.processResults, {
      target: shownTarget(entry, firstDoc),
      likelihoods,
    });
  }
  const fields = scoredFields(entry.name, toTaskConfig(entry.config), firstDoc);
  if (outputType === 'loglikelihood') return likelihoodScorer(definition, fields);
  return likelihoods
    ? yield* choiceScorer(definition, fields, firstDoc)
    : yield* textScorer(definition, fields, firstDoc);
}

/** What is right by `doc_to_target`, for people: where a function scores, nothing depends on it. */
function shownTarget({ name, config }: TaskEntry, firstDoc: Doc): ScoredField {
  let target: ScoredField | null = null;
  try {
    ({ target } = scoredFields(name, toTaskConfig(config), firstDoc));
  } catch (error) {
    if (!(error instanceof PermanentError)) throw error;
  }
  return function* (doc) {
    try {
      return target === null ? null : yield* dispensable(target(doc));
    } catch (error) {
      if (error instanceof PyError || error instanceof PermanentError) return null;
      throw error;
    }
  };
}

function* dispensable(scoring: Scoring<PyValue>): Scoring<PyValue> {
  let step = scoring.next();
  while (!step.done) {
    let given: PyValue;
    try {
      given = yield { ...step.value, dispensable: true };
    } catch (error) {
      step = scoring.throw(error);
      continue;
    }
    step = scoring.next(given);
  }
  return step.value;
}

/** `process_results` gets what each filter left, or the loglikelihoods, and gives all metrics (`process_results`, lm_eval/api/task.py). */
function functionScorer(
  definition: ScoringConfig,
  ref: FunctionRef,
  { target, likelihoods: asked }: { readonly target: ScoredField; readonly likelihoods: boolean },
): Scorer {
  const here = CHOICE_HOOKS.get(ref.hook);
  const pipelines = asked ? [] : definition.filters.map((filter) => buildPipeline(definition.task, filter));
  return {
    definition,
    filters: asked ? ['none'] : pipelines.map(({ name }) => name),
    metrics: definition.metrics?.map(({ name }) => name) ?? [],
    *score({ doc, generations, likelihoods }) {
      const filtered = new Map<string, PyValue>();
      const metrics = new Map<string, ReadonlyMap<string, PyValue>>();
      if (asked) {
        const lls = likelihoods.map(({ sum }) => sum);
        const results = likelihoods.map(({ sum, greedy }) => new PyTuple([sum, greedy]));
        filtered.set('none', here === undefined ? results : lls);
        metrics.set('none', here === undefined ? yield* metricsBy(ref, doc, results) : here(doc, lls));
      }
      for (const pipeline of pipelines) filtered.set(pipeline.name, yield* pipeline.run(generations, doc));
      for (const { name } of pipelines) {
        metrics.set(name, yield* metricsBy(ref, doc, [filtered.get(name) ?? null]));
      }
      return { gold: yield* target(doc), filtered, metrics };
    },
  };
}

function* metricsBy(ref: FunctionRef, doc: Doc, results: readonly PyValue[]): Scoring<Map<string, PyValue>> {
  const value = yield { ref, kind: 'call', args: [docForPython(doc), [...results]] };
  if (!isDict(value)) throw new PyTypeError(`process_results gave ${typeName(value)} where metrics are wanted`);
  return new Map([...value].map(([name, metric]) => [String(name), metric]));
}

function* textScorer(definition: ScoringConfig, { target, choices }: ScoredFields, firstDoc: Doc): Scoring<Scorer> {
  const { task } = definition;
  const metrics = uniqueMetrics(definition, METRIC_DEFAULTS.generate_until);
  const pipelines: Pipeline[] = definition.filters.map((filter) => buildPipeline(task, filter));
  const first = yield* targetOfFirst(target, firstDoc);
  const multipleTarget = Array.isArray(first) ? first.length : 0;
  return {
    definition,
    filters: pipelines.map(({ name }) => name),
    metrics: metrics.map(({ name }) => name),
    *score({ doc, generations }) {
      const wanted = yield* target(doc);
      const options = choices === null ? null : yield* choices(doc);
      const filtered = new Map<string, PyValue>();
      const byFilter = new Map<string, ReadonlyMap<string, PyValue>>();
      let gold: PyValue = wanted;
      for (const pipeline of pipelines) {
        const result = yield* pipeline.run(generations, doc);
        const scored = yield* generatedMetrics({ target: wanted, choices: options, multipleTarget, result }, metrics);
        filtered.set(pipeline.name, result);
        byFilter.set(pipeline.name, scored.metrics);
        gold = scored.gold;
      }
      return { gold, filtered, metrics: byFilter };
    },
  };
}

/** The harness looks at a first document to learn what targets are. Where ours has none, the others may have. */
function* targetOfFirst(target: ScoredField, firstDoc: Doc): Scoring<PyValue> {
  try {
    return yield* target(firstDoc);
  } catch (error) {
    if (error instanceof PyError) return null;
    throw error;
  }
}

function* choiceScorer(definition: ScoringConfig, fields: ScoredFields, firstDoc: Doc): Scoring<Scorer> {
  // Functions among the metrics are not called: their names choose of what every such task has.
  const names = new Set(uniqueMetrics(definition, METRIC_DEFAULTS.multiple_choice).map(({ name }) => name));
  const shape = yield* choiceShape(definition.task, fields, firstDoc);
  return {
    definition,
    filters: ['none'],
    metrics: [...names],
    *score({ doc, likelihoods }) {
      const lls = likelihoods.map(({ sum }) => sum);
      const choices = itemsOf(yield* shape.choices(doc));
      const gold = yield* shape.gold(doc);
      const values = choiceMetrics(
        { choices, gold, multipleTarget: shape.multipleTarget, results: likelihoods },
        names,
      );
      return { gold, filtered: new Map([['none', lls]]), metrics: new Map([['none', values]]) };
    },
  };
}

/** `process_results` of tasks that ask for one loglikelihood (lm_eval/api/task.py): itself, and whether it is greedy. */
function likelihoodScorer(definition: ScoringConfig, { target }: ScoredFields): Scorer {
  const names = new Set(uniqueMetrics(definition, METRIC_DEFAULTS.loglikelihood).map(({ name }) => name));
  return {
    definition,
    filters: ['none'],
    metrics: [...names],
    *score({ doc, likelihoods: [first] }) {
      if (first === undefined) throw new PyIndexError('list index out of range');
      const values = new Map<string, PyValue>();
      if (names.has('perplexity')) values.set('perplexity', first.sum);
      if (names.has('acc')) values.set('acc', first.greedy ? 1n : 0n);
      return {
        gold: yield* target(doc),
        filtered: new Map([['none', [first.sum]]]),
        metrics: new Map([['none', values]]),
      };
    },
  };
}

/** How a multiple-choice task names what is right (`ConfigurableTask.__init__`, lm_eval/api/task.py). */
function* choiceShape(task: string, { text, target, choices }: ScoredFields, firstDoc: Doc) {
  if (choices === null) {
    throw new PermanentError('BadTaskDefinition', `Task ${task} is multiple_choice but has no doc_to_choice.`, {
      context: { task },
    });
  }
  const question = text();
  const asked = yield* targetOfFirst(question, firstDoc);
  const multipleInput = typeof asked === 'bigint' || typeof asked === 'boolean';
  const gold = multipleInput ? question : target;
  // An empty list counts as no list.
  const labels = yield* targetOfFirst(target, firstDoc);
  return { gold, choices, multipleTarget: Array.isArray(labels) && labels.length > 0 };
}

/** Of two entries of one name the last counts, in the place of the first. */
function uniqueMetrics({ metrics }: ScoringConfig, defaults: readonly string[]): MetricConfig[] {
  const named =
    metrics ??
    defaults.map((name): MetricConfig => ({ name, fn: null, kwargs: new Map(), aggregation: null, downloaded: false }));
  return [...new Map(named.map((metric) => [metric.name, metric])).values()];
}

function labelsOf(doc: Doc): PyValue[] {
  const targets = doc.get('mc2_targets');
  const labels = targets instanceof Map ? targets.get('labels') : undefined;
  if (Array.isArray(labels)) return labels;
  throw new PermanentError('DatasetInvalid', 'The document has no mc2_targets.labels.');
}
