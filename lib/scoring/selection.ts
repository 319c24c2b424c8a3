import { rowFor } from '../catalogue/task-index.ts';

/** Which of a task's filters and metrics becomes a document's score. */
export interface Selection {
  readonly filter: string;
  readonly metric: string;
}

/** A row that configuration adds: for a task of that name, or all whose names hold that part. */
export interface SelectionRow extends Partial<Selection> {
  readonly task: string;
}

const row = (filter: string, metric: string): Selection => ({ filter, metric });

/** Rows found by the exact name (EVALUATION-3). */
const BY_NAME: ReadonlyMap<string, Selection> = new Map([
  ['gsm8k', row('flexible-extract', 'exact_match')],
  ['ifeval', row('none', 'prompt_level_strict_acc')],
  ['winogrande', row('none', 'acc')],
  ['truthfulqa_mc2', row('none', 'acc')],
  ['leaderboard_mmlu_pro', row('none', 'acc')],
  ['arc_challenge', row('none', 'acc_norm')],
  ['hellaswag', row('none', 'acc_norm')],
  ['leaderboard_bbh', row('none', 'acc_norm')],
]);

/** Rows found by a part of the name, tried in this order. */
const BY_PART: readonly (readonly [RegExp, Selection])[] = [
  [/^(?=.*leaderboard).*gpqa/, row('none', 'acc_norm')],
  [/^(?=.*leaderboard).*musr/, row('none', 'acc_norm')],
  [/^(?=.*leaderboard).*math/, row('none', 'exact_match')],
  [/^(?!.*leaderboard)(?=.*mmlu).*generative/, row('get_response', 'exact_match')],
  // "pro" means MMLU-Pro, not the subjects called professional.
  [/^(?!.*leaderboard)(?=.*mmlu).*pro(?!fessional)/, row('custom-extract', 'exact_match')],
  [/^(?!.*leaderboard).*mmlu/, row('none', 'acc')],
  [/^(?!.*leaderboard).*babi/, row('get_response', 'exact_match')],
  [/^(?!.*leaderboard).*bbh_cot_fewshot_/, row('get-answer', 'exact_match')],
];

/** The filter that is taken of a task beyond the table which has it. */
const PREFERRED_FILTER = 'flexible-extract';

/**
 * The filter and the metric of a task. The Python service's table says it for the tasks that it knows, by the name of the
 * task that was asked in the end; configuration wins over it. What neither says, or says of filters and metrics that the
 * task does not have, is decided by what the task has: `flexible-extract`, else its first filter; metric null, which means
 * the first that is one number per document.
 */
export function selectionFor(
  task: string,
  filters: readonly string[],
  metrics: readonly string[],
  configured: readonly SelectionRow[] = [],
): { filter: string; metric: string | null; source: 'configuration' | 'table' | 'definition' } {
  const own = rowFor(task, configured);
  const known = BY_PART.find(([pattern]) => pattern.test(task))?.[1] ?? BY_NAME.get(task);
  const filter = [own?.filter, known?.filter, PREFERRED_FILTER].find(
    (name) => name !== undefined && filters.includes(name),
  );
  const metric = [own?.metric, known?.metric].find(
    (name) => name !== undefined && (metrics.length === 0 || metrics.includes(name)),
  );
  return {
    filter: filter ?? filters[0] ?? 'none',
    metric: metric ?? null,
    source: own ? 'configuration' : known ? 'table' : 'definition',
  };
}
