/** All filters by name: Jinja's own (jinja2/filters.py) and the harness's. */
import type { PyValue } from '../python/value.ts';
import type { CallArguments } from './call-arguments.ts';
import { Fault } from './fault.ts';
import type { Filter } from './filter.ts';
import { HTML_FILTERS } from './filters-html.ts';
import { NUMBER_FILTERS } from './filters-number.ts';
import { SELECT_FILTERS } from './filters-select.ts';
import { SEQUENCE_FILTERS } from './filters-sequence.ts';
import { SORT_FILTERS } from './filters-sort.ts';
import { TEXT_FILTERS } from './filters-text.ts';
import { VALUE_FILTERS } from './filters-value.ts';
import type { Runtime } from './runtime.ts';

const FILTERS: ReadonlyMap<string, Filter> = new Map([
  ...TEXT_FILTERS,
  ...HTML_FILTERS,
  ...NUMBER_FILTERS,
  ...SEQUENCE_FILTERS,
  ...SELECT_FILTERS,
  ...SORT_FILTERS,
  ...VALUE_FILTERS,
]);

/** Whether there is a filter of that name. */
export function hasFilter(name: string): boolean {
  return FILTERS.has(name);
}

/** `value | name(...)`. */
export function callFilter(name: string, value: PyValue, call: CallArguments, runtime: Runtime): PyValue {
  const run = FILTERS.get(name);
  if (run === undefined) throw new Fault('value', `no filter named '${name}'`);
  runtime.budget.step();
  return run(value, call, runtime);
}
