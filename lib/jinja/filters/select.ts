/** Filters that apply other filters and tests to each item; lazy, as in Python. */
import type { PyValue } from '../../python/value.ts';
import { typeFault, valueFault } from '../fault.ts';
import { attributeGetter } from '../values/attribute-path.ts';
import { asString, type CallArguments } from '../values/call-arguments.ts';
import { OneShot } from '../values/objects.ts';
import type { Runtime, TemplateFilter } from '../values/runtime.ts';
import { iterate, remaining } from '../values/sequences.ts';
import { callFilter, callTest } from './filter.ts';

const map: TemplateFilter = (value, call, runtime) => new OneShot(mapped(value, call, runtime));

function* mapped(value: PyValue, call: CallArguments, runtime: Runtime): Generator<PyValue, void> {
  if (!runtime.truthy(value)) return;
  const apply = mapFunction(call, runtime);
  for (const item of remaining(iterate(value, runtime))) yield apply(item);
}

function mapFunction({ args, kwargs }: CallArguments, runtime: Runtime): (item: PyValue) => PyValue {
  const [name, ...rest] = args;
  const attribute = kwargs.get('attribute');
  if (name === undefined && attribute !== undefined) {
    const unknown = [...kwargs.keys()].find((key) => key !== 'attribute' && key !== 'default');
    if (unknown !== undefined) throw valueFault(`unexpected keyword argument '${unknown}'`);
    return attributeGetter(attribute, runtime, undefined, kwargs.get('default') ?? null);
  }
  if (name === undefined) throw valueFault('map requires a filter argument');
  const filterName = asString(name, "a filter's name");
  return (item) => callFilter(filterName, item, { args: rest, kwargs }, runtime);
}

/** `select`, `reject` and their forms that look at an attribute. */
function selecting(wanted: boolean, byAttribute: boolean): TemplateFilter {
  function* selected(value: PyValue, call: CallArguments, runtime: Runtime): Generator<PyValue, void> {
    if (!runtime.truthy(value)) return;
    const matches = testFunction(call, byAttribute, runtime);
    for (const item of remaining(iterate(value, runtime))) if (matches(item) === wanted) yield item;
  }
  return (value, call, runtime) => new OneShot(selected(value, call, runtime));
}

function testFunction(call: CallArguments, byAttribute: boolean, runtime: Runtime): (item: PyValue) => boolean {
  const [attribute, ...others] = call.args;
  if (byAttribute && attribute === undefined) throw valueFault('missing parameter for attribute name');
  const get = byAttribute ? attributeGetter(attribute ?? null, runtime) : (item: PyValue) => item;
  const [name, ...args] = byAttribute ? others : call.args;
  if (name === undefined) {
    if (call.kwargs.size > 0) throw typeFault('keyword arguments without a test');
    return (item) => runtime.truthy(get(item));
  }
  const testName = asString(name, "a test's name");
  return (item) => callTest(testName, get(item), { args, kwargs: call.kwargs }, runtime);
}

/** By name. */
export const SELECT_FILTERS: [string, TemplateFilter][] = [
  ['map', map],
  ['select', selecting(true, false)],
  ['reject', selecting(false, false)],
  ['selectattr', selecting(true, true)],
  ['rejectattr', selecting(false, true)],
];
