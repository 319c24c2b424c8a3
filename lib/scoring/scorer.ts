import type { TaskEntry } from '../catalogue/entry.ts';
import { toTaskConfig } from '../catalogue/task-config.ts';
import { PermanentError } from '../errors/errors.ts';
import type { Loglikelihood } from '../evaluator-api/loglikelihood.ts';
import type { Doc, PyValue } from '../python/value.ts';
import { compileChoice, compileTarget, compileText, type DocField } from '../task/field.ts';
import { type MetricConfig, readScoringConfig, type ScoringConfig } from './config.ts';
import { generatedMetrics } from './generate-until.ts';
import { choiceMetrics, trueMass } from './metrics/choices.ts';
import { buildPipeline, type Pipeline } from './pipeline.ts';

/** One document with what came back for it. */
export interface Answered {
  readonly doc: Doc;
  /** Answers of its instance, for tasks that generate text. */
  readonly generations: readonly string[];
  /** One per choice, in their order, for multiple choice. */
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
  score(answered: Answered): Scored;
}

/** `process_results` functions that stand here in TypeScript; the rest is Python's to run. */
export const CHOICE_HOOKS: ReadonlyMap<string, (doc: Doc, lls: readonly number[]) => Map<string, PyValue>> = new Map([
  ['truthfulqa/utils.process_results_mc2', (doc, lls) => new Map([['acc', trueMass(lls, labelsOf(doc))]])],
]);

const METRIC_DEFAULTS = {
  generate_until: ['exact_match'],
  multiple_choice: ['acc', 'acc_norm'],
} as const;

/**
 * Compiles the scoring of a task. `firstDoc` is the first document asked about: the harness learns from a first document
 * what columns there are, whether targets are lists and whether the choices stand in the context.
 * @throws PermanentError UnsupportedHook or UnsupportedTask where it needs what can't be run here
 */
export function createScorer(entry: TaskEntry, firstDoc: Doc): Scorer {
  const config = toTaskConfig(entry.config);
  const definition = readScoringConfig(entry.name, entry.config);
  const context = { task: entry.name, features: new Set(firstDoc.keys()), hasChoices: config.doc_to_choice !== null };
  const fields = {
    text: () => compileText(config.doc_to_text, context),
    target: compileTarget(config.doc_to_target, context),
    choices: config.doc_to_choice === null ? null : compileChoice(config.doc_to_choice, context),
  };
  if (config.output_type === 'multiple_choice') return choiceScorer(definition, fields, firstDoc);
  if (config.output_type === 'generate_until') return textScorer(definition, fields, firstDoc);
  throw new PermanentError(
    'UnsupportedTask',
    `Task ${entry.name} has output_type ${config.output_type}, which can't be scored here.`,
    {
      context: { task: entry.name },
    },
  );
}

interface ScoringFields {
  /** Compiled when asked for: few tasks need it. */
  readonly text: () => DocField;
  readonly target: DocField;
  readonly choices: DocField | null;
}

function textScorer(definition: ScoringConfig, { target, choices }: ScoringFields, firstDoc: Doc): Scorer {
  const { task, processResults } = definition;
  if (processResults !== null) throw needsPython(task, processResults.hook);
  const metrics = uniqueMetrics(definition, METRIC_DEFAULTS.generate_until);
  const own = metrics.find(({ fn }) => fn !== null)?.fn;
  if (own) throw needsPython(task, own.hook);
  const pipelines: Pipeline[] = definition.filters.map((filter) => buildPipeline(task, filter));
  const first = target(firstDoc);
  const multipleTarget = Array.isArray(first) ? first.length : 0;
  return {
    definition,
    filters: pipelines.map(({ name }) => name),
    metrics: metrics.map(({ name }) => name),
    score({ doc, generations }) {
      const wanted = target(doc);
      const options = choices?.(doc) ?? null;
      const filtered = new Map<string, PyValue>();
      const byFilter = new Map<string, ReadonlyMap<string, PyValue>>();
      let gold: PyValue = wanted;
      for (const pipeline of pipelines) {
        const result = pipeline.run(generations, doc);
        const scored = generatedMetrics({ target: wanted, choices: options, multipleTarget, result }, metrics);
        filtered.set(pipeline.name, result);
        byFilter.set(pipeline.name, scored.metrics);
        gold = scored.gold;
      }
      return { gold, filtered, metrics: byFilter };
    },
  };
}

function choiceScorer(definition: ScoringConfig, fields: ScoringFields, firstDoc: Doc): Scorer {
  const { task, processResults } = definition;
  const hook = processResults === null ? null : CHOICE_HOOKS.get(processResults.hook);
  if (hook === undefined) throw needsPython(task, processResults?.hook ?? '');
  const metrics = uniqueMetrics(definition, METRIC_DEFAULTS.multiple_choice);
  const own = metrics.find(({ fn }) => fn !== null)?.fn;
  if (own && hook === null) throw needsPython(task, own.hook);
  const names = new Set(metrics.map(({ name }) => name));
  const shape = hook === null ? choiceShape(task, fields, firstDoc) : null;
  return {
    definition,
    filters: ['none'],
    metrics: [...names],
    score({ doc, likelihoods }) {
      const lls = likelihoods.map(({ sum }) => sum);
      const filtered = new Map([['none', lls]]);
      if (hook || shape === null) {
        const values = hook?.(doc, lls) ?? new Map<string, PyValue>();
        return { gold: null, filtered, metrics: new Map([['none', values]]) };
      }
      const gold = shape.gold(doc);
      const values = choiceMetrics(
        { choices: shape.choices(doc), gold, multipleTarget: shape.multipleTarget, results: likelihoods },
        names,
      );
      return { gold, filtered, metrics: new Map([['none', values]]) };
    },
  };
}

/** How a multiple-choice task names what is right (`ConfigurableTask.__init__`, lm_eval/api/task.py). */
function choiceShape(task: string, { text, target, choices }: ScoringFields, firstDoc: Doc) {
  if (choices === null) {
    throw new PermanentError('BadTaskDefinition', `Task ${task} is multiple_choice but has no doc_to_choice.`, {
      context: { task },
    });
  }
  const question = text();
  const asked = question(firstDoc);
  const multipleInput = typeof asked === 'bigint' || typeof asked === 'boolean';
  return {
    gold: multipleInput ? question : target,
    multipleTarget: Array.isArray(target(firstDoc)),
    choices(doc: Doc): PyValue[] {
      const value = choices(doc);
      return Array.isArray(value) ? value : typeof value === 'string' ? [...value] : [];
    },
  };
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

function needsPython(task: string, hook: string): PermanentError {
  return new PermanentError(
    'UnsupportedHook',
    `Task ${task} needs the Python function ${hook} to score answers, which can't be run here.`,
    {
      context: { task, hook },
    },
  );
}
