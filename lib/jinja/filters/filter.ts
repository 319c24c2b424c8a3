import type { PyValue } from '../../python/value.ts';
import { Fault, unsupportedFault } from '../fault.ts';
import { bind, type CallArguments } from '../values/call-arguments.ts';
import { Markup } from '../values/objects.ts';
import type { Runtime, TemplateFilter } from '../values/runtime.ts';

/** A filter with named parameters (see `bind`). */
export function filter(
  name: string,
  signature: string,
  run: (value: PyValue, args: (PyValue | undefined)[], runtime: Runtime) => PyValue,
): [string, TemplateFilter] {
  return [name, (value, call, runtime) => run(value, bind(name, call, signature), runtime)];
}

/** A filter over `str(value)`. */
export function textFilter(
  name: string,
  signature: string,
  run: (text: string, args: (PyValue | undefined)[], runtime: Runtime) => PyValue,
): [string, TemplateFilter] {
  return filter(name, signature, (value, args, runtime) => {
    const text = softText(value, runtime);
    runtime.budget.text(text.length);
    return run(text, args, runtime);
  });
}

/** markupsafe's `soft_str`, where the result has to be a plain text. */
export function softText(value: PyValue, runtime: Runtime): string {
  if (value instanceof Markup) throw unsupportedFault('this filter on escaped text');
  return runtime.str(value);
}

/** `value | name(...)`, by a name that is known only now. */
export function callFilter(name: string, value: PyValue, call: CallArguments, runtime: Runtime): PyValue {
  const run = runtime.tables.filters.get(name);
  if (run === undefined) throw new Fault('value', `no filter named '${name}'`);
  runtime.budget.step();
  return run(value, call, runtime);
}

/** `value is name(...)`, by a name that is known only now. */
export function callTest(name: string, value: PyValue, call: CallArguments, runtime: Runtime): boolean {
  const run = runtime.tables.tests.get(name);
  if (run === undefined) throw new Fault('value', `no test named '${name}'`);
  runtime.budget.step();
  return run(value, call, runtime);
}
