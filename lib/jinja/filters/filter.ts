import type { PyValue } from '../../python/value.ts';
import { unsupportedFault } from '../fault.ts';
import { bind, type CallArguments } from '../values/call-arguments.ts';
import { Markup } from '../values/objects.ts';
import type { Runtime } from '../values/runtime.ts';

/** A filter: what is left of the bar, and the arguments. */
export type Filter = (value: PyValue, call: CallArguments, runtime: Runtime) => PyValue;

/** A filter with named parameters (see `bind`). */
export function filter(
  name: string,
  signature: string,
  run: (value: PyValue, args: (PyValue | undefined)[], runtime: Runtime) => PyValue,
): [string, Filter] {
  return [name, (value, call, runtime) => run(value, bind(name, call, signature), runtime)];
}

/** A filter over `str(value)`. */
export function textFilter(
  name: string,
  signature: string,
  run: (text: string, args: (PyValue | undefined)[], runtime: Runtime) => PyValue,
): [string, Filter] {
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
