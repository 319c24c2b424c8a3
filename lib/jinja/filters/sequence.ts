/** Filters on lists and other sequences. */
import { isDict, PyTuple, type PyValue } from '../../python/value.ts';
import { attempt, Fault, typeFault, valueFault } from '../fault.ts';
import { attributeGetter } from '../values/attribute-path.ts';
import { asIndex } from '../values/call-arguments.ts';
import { DictView, Markup, MissingElse, OneShot, Range, requireDefined, typeOf, Undefined } from '../values/objects.ts';
import { binary } from '../values/operators.ts';
import type { Runtime, TemplateFilter } from '../values/runtime.ts';
import { iterate, listOf, remaining } from '../values/sequences.ts';
import { filter } from './filter.ts';

/** `reversed(value)`. @throws Fault `type` for what has no order to reverse. */
function reversed(value: PyValue, runtime: Runtime): Iterator<PyValue, unknown> {
  if (value instanceof MissingElse) return [].values();
  requireDefined(value);
  if (value instanceof Range) return reversedRange(value, runtime);
  const reversible =
    typeof value === 'string' ||
    Array.isArray(value) ||
    value instanceof PyTuple ||
    isDict(value) ||
    value instanceof DictView ||
    value instanceof Markup;
  if (!reversible) throw typeFault(`a ${typeOf(value)} is not reversible`);
  return listOf(value, runtime).reverse().values();
}

function* reversedRange(range: Range, runtime: Runtime): Generator<PyValue, void> {
  for (let index = range.length - 1n; index >= 0n; index--) {
    runtime.budget.step();
    yield range.at(index);
  }
}

function* batches(value: PyValue, size: PyValue, fill: PyValue, runtime: Runtime): Generator<PyValue, void> {
  let batch: PyValue[] = [];
  for (const item of remaining(iterate(value, runtime))) {
    if (runtime.equals(BigInt(batch.length), size)) {
      yield batch;
      batch = [];
    }
    batch.push(item);
  }
  if (batch.length === 0) return;
  if (fill !== null && runtime.compare(BigInt(batch.length), size) < 0) {
    const missing = asIndex(size, 'linecount') - BigInt(batch.length);
    runtime.budget.items(Number(missing));
    for (let i = 0n; i < missing; i++) batch.push(fill);
  }
  yield batch;
}

function* slices(value: PyValue, count: PyValue, fill: PyValue, runtime: Runtime): Generator<PyValue, void> {
  const items = listOf(value, runtime);
  const parts = asIndex(count, 'slices');
  if (parts === 0n) throw new Fault('arithmetic', 'integer division or modulo by zero');
  if (parts < 0n) return;
  const total = BigInt(items.length);
  const size = Number(total / parts);
  const longer = total % parts;
  let start = 0;
  for (let part = 0n; part < parts; part++) {
    runtime.budget.step();
    const end = start + size + (part < longer ? 1 : 0);
    const slice = items.slice(start, end);
    if (fill !== null && part >= longer) slice.push(fill);
    yield slice;
    start = end;
  }
}

function* pairs(value: PyValue, runtime: Runtime): Generator<PyValue, void> {
  if (value instanceof Undefined) return;
  if (!isDict(value)) throw typeFault('can only get item pairs from a mapping');
  yield* remaining(iterate(new DictView('items', value), runtime));
}

/** By name, with their short names. */
export const SEQUENCE_FILTERS: [string, TemplateFilter][] = [
  filter('list', '', (value, _, runtime) => listOf(value, runtime)),
  filter('items', '', (value, _, runtime) => new OneShot(pairs(value, runtime))),
  filter('first', '', (value, _, runtime) => {
    const next = iterate(value, runtime).next();
    return next.done === true ? new Undefined('no first item, the sequence was empty') : next.value;
  }),
  filter('last', '', (value, _, runtime) => {
    for (const item of remaining(reversed(value, runtime))) return item;
    return new Undefined('no last item, the sequence was empty');
  }),
  filter('reverse', '', (value, _, runtime) => {
    if (typeof value === 'string') {
      runtime.budget.perCharacter(value.length);
      return [...value].reverse().join('');
    }
    if (value instanceof Markup) {
      runtime.budget.perCharacter(value.text.length);
      return new Markup([...value.text].reverse().join(''));
    }
    return attempt(
      (): PyValue => new OneShot(reversed(value, runtime)),
      ['type'],
      () =>
        attempt(
          () => listOf(value, runtime).reverse(),
          ['type'],
          () => {
            throw valueFault('argument must be iterable');
          },
        ),
    );
  }),
  filter('join', 'd attribute', (value, [separator = '', attribute = null], runtime) => {
    const get = attributeGetter(attribute, runtime);
    const parts: string[] = [];
    for (const item of remaining(iterate(value, runtime))) parts.push(runtime.str(get(item)));
    return runtime.joined(parts, runtime.str(separator));
  }),
  filter('sum', 'attribute start', (value, [attribute = null, start = 0n], runtime) => {
    const get = attributeGetter(attribute, runtime);
    if (typeof start === 'string') throw typeFault("sum() can't sum strings");
    let total: PyValue = start;
    for (const item of remaining(iterate(value, runtime))) total = binary('+', total, get(item), runtime);
    return total;
  }),
  filter('batch', '*linecount fill_with', (value, [size = null, fill = null], runtime) => {
    return new OneShot(batches(value, size, fill, runtime));
  }),
  filter('slice', '*slices fill_with', (value, [count = null, fill = null], runtime) => {
    return new OneShot(slices(value, count, fill, runtime));
  }),
];
