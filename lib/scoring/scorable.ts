import type { Catalogue } from '../catalogue/catalogue.ts';
import { functionsIn } from '../catalogue/config-value.ts';
import type { TaskEntry } from '../catalogue/entry.ts';
import type { FunctionRef } from '../catalogue/function-ref.ts';
import { modulePath } from '../catalogue/sources.ts';
import { PermanentError } from '../errors/errors.ts';
import { missingLibraries } from '../sandbox/libraries.ts';
import { definitionsIn } from '../sandbox/python-module.ts';
import type { SourceFiles } from '../sandbox/sources.ts';
import { readScoringConfig, type ScoringConfig } from './config.ts';
import { METRICS } from './metrics/registry.ts';
import { buildPipeline } from './pipeline.ts';
import { asksLikelihoods, functionsForGold, functionsToScore } from './scorer.ts';
import { selectionFor } from './selection.ts';

/** Whether answers of a task can be scored: by which filter and metric, or why not, as the end of a sentence about it. */
export type Scorable =
  | {
      readonly scorable: true;
      readonly filter: string;
      readonly metric: string | null;
      readonly source: string;
      /** The Python functions that score its documents in the sandbox, by name. */
      readonly python: readonly string[];
    }
  | { readonly scorable: false; readonly reason: string };

/** Metrics of one loglikelihood that are one number per document. */
const LIKELIHOOD_NUMBERS: ReadonlySet<string> = new Set(['acc', 'perplexity']);

/** Metrics of multiple choice that are one number per document. */
const CHOICE_NUMBERS: ReadonlySet<string> = new Set([
  'acc',
  'acc_norm',
  'exact_match',
  'brier_score',
  'acc_mutual_info',
]);

/** What was found out of definitions that name no functions, which nothing else matters for. */
const withoutFunctions = new WeakMap<TaskEntry, Scorable>();

/** {@link scorableOf}, with the modules of a catalogue, which are read for tasks that name functions only. */
export async function scorableIn(catalogue: Pick<Catalogue, 'sources'>, entry: TaskEntry): Promise<Scorable> {
  const known = withoutFunctions.get(entry);
  if (known !== undefined) return known;
  if (functionsIn(entry.config).length === 0) {
    const scorable = scorableOf(entry, new Map<string, string>());
    withoutFunctions.set(entry, scorable);
    return scorable;
  }
  try {
    return scorableOf(entry, await catalogue.sources());
  } catch (error) {
    if (!(error instanceof PermanentError)) throw error;
    return { scorable: false, reason: `has Python functions that can't be read: ${error.message.replace(/\.$/, '')}` };
  }
}

/**
 * Finds out from a definition, and the modules of its functions, whether its answers can be scored here. What a function imports
 * and calls is read, not run: what it does with data only shows when it runs.
 */
export function scorableOf(entry: TaskEntry, sources: SourceFiles): Scorable {
  try {
    return decide(entry, sources);
  } catch (error) {
    if (error instanceof PermanentError) {
      return { scorable: false, reason: `can't be scored: ${error.message.replace(/\.$/, '')}` };
    }
    throw error;
  }
}

function decide(entry: TaskEntry, sources: SourceFiles): Scorable {
  const definition = readScoringConfig(entry.name, entry.config);
  const filters = asksLikelihoods(entry)
    ? ['none']
    : definition.filters.map((filter) => buildPipeline(entry.name, filter).name);
  const functions = functionsToScore(entry, definition);
  if (definition.processResults === null) {
    functions.push(...functionsForGold(entry));
    const reason = withoutNumber(definition, numbersOf(entry), sources);
    if (reason !== null) return { scorable: false, reason };
  }
  for (const ref of functions) {
    const reason = unrunnable(ref, sources);
    if (reason !== null) return { scorable: false, reason };
  }
  const metrics = definition.metrics?.map(({ name }) => name) ?? [];
  const python = [...new Set(functions.map(({ hook }) => hook))];
  return { scorable: true, ...selectionFor(entry.name, filters, metrics), python };
}

/** Metrics of likelihoods that are one number per document; null for tasks that generate text. */
function numbersOf(entry: TaskEntry): ReadonlySet<string> | null {
  if (!asksLikelihoods(entry)) return null;
  return entry.config.get('output_type') === 'loglikelihood' ? LIKELIHOOD_NUMBERS : CHOICE_NUMBERS;
}

/** Why no metric is one number per document; null where one is, or may be: what a function gives only shows when it runs. */
function withoutNumber(
  { metrics }: ScoringConfig,
  likelihoodNumbers: ReadonlySet<string> | null,
  sources: SourceFiles,
): string | null {
  const named = metrics ?? [{ name: likelihoodNumbers === null ? 'exact_match' : 'acc', fn: null }];
  const number = named.some(({ name, fn }) =>
    likelihoodNumbers !== null
      ? likelihoodNumbers.has(name)
      : fn === null
        ? name === 'exact_match'
        : !passesThrough(fn, sources),
  );
  if (number) return null;
  const names = named
    .map(({ name, fn }) => (METRICS.has(name) || fn !== null ? name : `${name} (unknown here)`))
    .join(', ');
  return `has no metric that is one number per document (${names}); they mean something over many documents only`;
}

function passesThrough(ref: FunctionRef, sources: SourceFiles): boolean {
  const text = sources.get(modulePath(ref, sources)) ?? '';
  return definitionsIn(text).names.get(ref.name)?.passesThrough ?? false;
}

/** Why a function can't be run in the sandbox; null where nothing speaks against it. */
function unrunnable(ref: FunctionRef, sources: SourceFiles): string | null {
  const path = modulePath(ref, sources);
  if (!sources.has(path)) return `needs the Python function ${ref.hook}, whose module (${path}) is not there`;
  const missing = missingLibraries({ path, name: ref.name }, sources);
  if (missing.length === 0) return null;
  const libraries = `${missing.length === 1 ? 'library' : 'libraries'} ${missing.join(', ')}`;
  return `needs the Python function ${ref.hook} to score answers, which uses the ${libraries} that the sandbox lacks`;
}
