import { formatSpan, regex, regexPos, removeWhitespace } from './extraction.ts';
import type { FilterMaker } from './filter.ts';
import { multiChoiceRegex } from './multi-choice-regex.ts';
import { majorityVote, takeFirst, takeFirstK } from './selection.ts';
import { lowercase, map, uppercase } from './transformation.ts';

/** The harness's filters by the names that YAML gives them (`FILTER_REGISTRY`, lm_eval/api/registry.py). */
export const ANSWER_FILTERS: ReadonlyMap<string, FilterMaker> = new Map<string, FilterMaker>([
  ['regex', regex],
  ['regex_pos', regexPos],
  ['remove_whitespace', removeWhitespace],
  ['multi_choice_regex', multiChoiceRegex],
  ['format_span', formatSpan],
  ['take_first', takeFirst],
  ['take_first_k', takeFirstK],
  ['majority_vote', majorityVote],
  ['lowercase', lowercase],
  ['uppercase', uppercase],
  ['map', map],
]);
