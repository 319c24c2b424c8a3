/** All filters by name: Jinja's own (jinja2/filters.py) and the harness's. */
import type { TemplateFilter } from '../values/runtime.ts';
import { HTML_FILTERS } from './html.ts';
import { NUMBER_FILTERS } from './number.ts';
import { SELECT_FILTERS } from './select.ts';
import { SEQUENCE_FILTERS } from './sequence.ts';
import { SORT_FILTERS } from './sort.ts';
import { TEXT_FILTERS } from './text.ts';
import { VALUE_FILTERS } from './value.ts';

/** By name, with their short names. */
export const FILTERS: ReadonlyMap<string, TemplateFilter> = new Map([
  ...TEXT_FILTERS,
  ...HTML_FILTERS,
  ...NUMBER_FILTERS,
  ...SEQUENCE_FILTERS,
  ...SELECT_FILTERS,
  ...SORT_FILTERS,
  ...VALUE_FILTERS,
]);
