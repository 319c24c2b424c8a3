/** All filters by name: Jinja's own (jinja2/filters.py) and the harness's. */
import type { PyValue } from '../../python/value.ts';
import { Fault } from '../fault.ts';
import type { CallArguments } from '../values/call-arguments.ts';
import type { Runtime } from '../values/runtime.ts';
import type { Filter } from './filter.ts';
import { HTML_FILTERS } from './html.ts';
import { NUMBER_FILTERS } from './number.ts';
import { SELECT_FILTERS } from './select.ts';
import { SEQUENCE_FILTERS } from './sequence.ts';
import { SORT_FILTERS } from './sort.ts';
import { TEXT_FILTERS } from './text.ts';
import { VALUE_FILTERS } from './value.ts';

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
