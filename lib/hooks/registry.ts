import * as hellaswag from './hellaswag.ts';
import type { Hook } from './hook.ts';
import * as math from './leaderboard-math.ts';
import * as mmluPro from './mmlu-pro-categories.ts';
import * as winogrande from './winogrande.ts';

/**
 * The Python functions that tasks name with `!function` and that sampling needs, by `<folder of the YAML>/<module>.<name>`.
 * A task with a sampling hook that is not here is refused by name; another way to run hooks would be looked up here too.
 */
const HOOKS: ReadonlyMap<string, Hook> = new Map<string, Hook>([
  ['hellaswag/utils.process_docs', { kind: 'process_docs', call: hellaswag.processDocs, filters: false }],
  ['leaderboard/math/utils.process_docs', { kind: 'process_docs', call: math.processDocs, filters: true }],
  ['leaderboard/math/utils.doc_to_text', { kind: 'field', call: math.docToText }],
  ['leaderboard/math/utils.list_fewshot_samples', { kind: 'staged' }],
  ['mmlu_pro_categories/utils.doc_to_text', { kind: 'field', call: mmluPro.docToText }],
  ['mmlu_pro_categories/utils.fewshot_to_text', { kind: 'field', call: mmluPro.fewshotToText }],
  ['winogrande/preprocess_winogrande.doc_to_text', { kind: 'field', call: winogrande.docToText }],
  ['winogrande/preprocess_winogrande.doc_to_target', { kind: 'field', call: winogrande.docToTarget }],
  ['winogrande/preprocess_winogrande.doc_to_choice', { kind: 'field', call: winogrande.docToChoice }],
]);

/** Names of all hooks that can be run here. */
export const SUPPORTED_HOOKS: ReadonlySet<string> = new Set(HOOKS.keys());

/** The hook of that normalised name, or undefined where it can't be run here. */
export function findHook(name: string): Hook | undefined {
  return HOOKS.get(name);
}
