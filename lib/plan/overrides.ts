import { rowFor } from '../catalogue/task-index.ts';
/** What the override table says of a task (SETTING-1); absent means nothing. */
export interface TaskOverride {
  readonly numFewshot?: number;
  readonly chat?: boolean;
  readonly path?: string;
}

/** Rows found by the exact name. */
const BY_NAME: ReadonlyMap<string, TaskOverride> = new Map([
  ['arc_challenge', { numFewshot: 25 }],
  ['hellaswag', { numFewshot: 10 }],
  ['truthfulqa_mc2', { numFewshot: 0 }],
  ['winogrande', { numFewshot: 5 }],
  ['gsm8k', { numFewshot: 5 }],
  ['leaderboard_mmlu_pro', { numFewshot: 5 }],
  ['leaderboard_bbh', { numFewshot: 3 }],
]);

/** Rows found by a part of the name, tried in this order. */
const BY_PART: readonly [RegExp, TaskOverride][] = [
  [/^(?=.*leaderboard).*gpqa/, { numFewshot: 0 }],
  [/^(?=.*leaderboard).*musr/, { numFewshot: 0 }],
  [/^(?=.*leaderboard).*math/, { numFewshot: 4 }],
  [/^(?!.*leaderboard)(?=.*mmlu).*generative/, { numFewshot: 3 }],
  // "pro" means MMLU-Pro, not the subjects called professional.
  [/^(?!.*leaderboard)(?=.*mmlu).*pro(?!fessional)/, { numFewshot: 3 }],
  [/^(?!.*leaderboard).*mmlu/, { numFewshot: 5 }],
  [/^(?!.*leaderboard).*babisteps-chat-cot-task/, { numFewshot: 3 }],
  [/^(?!.*leaderboard).*babisteps-task/, { numFewshot: 3, chat: false, path: '/v1/completions' }],
  [/^(?!.*leaderboard).*babi/, { numFewshot: 3 }],
];

/** A row that configuration adds: for the task of that name, or all whose names hold that part. */
export interface OverrideRow {
  readonly task: string;
  readonly numFewshot?: number | undefined;
}

/** Where a task's override comes from. */
export type OverrideSource = 'configuration' | 'table' | 'nowhere';

/**
 * The Python service's defaults for a task's name (SETTING-1, SETTING-2), and over them the configuration's rows (MANAGER-7). A
 * message's own values win over both, and they win over the task's YAML.
 */
export function overrideFor(
  task: string,
  rows: readonly OverrideRow[] = [],
): TaskOverride & { readonly source: OverrideSource } {
  const known = BY_PART.find(([pattern]) => pattern.test(task))?.[1] ?? BY_NAME.get(task);
  const own = rowFor(task, rows)?.numFewshot;
  if (own !== undefined) return { ...known, numFewshot: own, source: 'configuration' };
  return { ...known, source: known ? 'table' : 'nowhere' };
}
