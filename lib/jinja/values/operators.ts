/** Python's operators over everything that has them. */
import { PyOpaque, PyTuple, type PyValue } from '../../python/value.ts';
import { typeFault, unsupportedFault } from '../fault.ts';
import type { BinaryOperator, CompareOperator } from '../syntax/nodes.ts';
import { asNumber, calculate } from './arithmetic.ts';
import { clamp } from './call-arguments.ts';
import { escapeHtml } from './html.ts';
import { Markup, requireDefined, TemplateObject, typeOf } from './objects.ts';
import type { Runtime } from './runtime.ts';
import { contains } from './sequences.ts';

/** `left operator right`. @throws Fault `type` where Python raises TypeError. */
export function binary(operator: BinaryOperator, left: PyValue, right: PyValue, runtime: Runtime): PyValue {
  const a = asNumber(left);
  const b = asNumber(right);
  if (a !== undefined && b !== undefined) return calculate(operator, a, b, runtime.budget);
  if (operator === '%' && typeof left === 'string') return runtime.tables.formatPercent(left, right, runtime);
  requireDefined(left);
  requireDefined(right);
  if (operator === '+') return add(left, right, runtime);
  if (operator === '*' && typeof b === 'bigint') return repeat(left, b, runtime);
  if (operator === '*' && typeof a === 'bigint') return repeat(right, a, runtime);
  return refuse(operator, left, right);
}

function add(left: PyValue, right: PyValue, runtime: Runtime): PyValue {
  if (typeof left === 'string' && typeof right === 'string') {
    runtime.budget.text(left.length + right.length);
    return left + right;
  }
  if (Array.isArray(left) && Array.isArray(right)) {
    runtime.budget.items(left.length + right.length);
    return [...left, ...right];
  }
  if (left instanceof PyTuple && right instanceof PyTuple) {
    runtime.budget.items(left.items.length + right.items.length);
    return new PyTuple([...left.items, ...right.items]);
  }
  if (isText(left) && isText(right))
    return new Markup(runtime.made(escapeHtml(left, runtime) + escapeHtml(right, runtime)));
  return refuse('+', left, right);
}

function isText(value: PyValue): boolean {
  return typeof value === 'string' || value instanceof Markup;
}

function repeat(value: PyValue, times: bigint, runtime: Runtime): PyValue {
  const count = Math.max(clamp(times), 0);
  if (typeof value === 'string') {
    runtime.budget.text(value.length * count);
    return value === '' ? '' : value.repeat(count);
  }
  if (Array.isArray(value)) return repeatItems(value, count, runtime);
  if (value instanceof PyTuple) return new PyTuple(repeatItems(value.items, count, runtime));
  if (value instanceof Markup) throw unsupportedFault('escaped text cannot be repeated');
  return refuse('*', value, times);
}

function repeatItems(items: readonly PyValue[], count: number, runtime: Runtime): PyValue[] {
  runtime.budget.items(items.length * count);
  return items.length === 0 ? [] : Array.from({ length: count }, () => items).flat(1);
}

function refuse(operator: string, left: PyValue, right: PyValue): never {
  for (const value of [left, right]) {
    if (value instanceof Markup || (value instanceof PyOpaque && !(value instanceof TemplateObject))) {
      throw unsupportedFault(`'${operator}' on a ${typeOf(value)}`);
    }
  }
  throw typeFault(`'${operator}' does not take a ${typeOf(left)} and a ${typeOf(right)}`);
}

/** `-value`, `+value`. */
export function unary(operator: '-' | '+', value: PyValue): PyValue {
  requireDefined(value);
  const number = asNumber(value);
  if (number === undefined) throw typeFault(`'${operator}' does not take a ${typeOf(value)}`);
  return operator === '-' ? -number : number;
}

/** One comparison. */
export function comparison(operator: CompareOperator, left: PyValue, right: PyValue, runtime: Runtime): boolean {
  switch (operator) {
    case '==':
      return runtime.equals(left, right);
    case '!=':
      return !runtime.equals(left, right);
    case '<':
      return runtime.compare(left, right) < 0;
    case '<=':
      return runtime.compare(left, right) <= 0;
    case '>':
      return runtime.compare(left, right) > 0;
    case '>=':
      return runtime.compare(left, right) >= 0;
    case 'in':
      return contains(right, left, runtime);
    case 'notin':
      return !contains(right, left, runtime);
  }
}
