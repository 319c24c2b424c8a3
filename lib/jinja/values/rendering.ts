import { compare, equals, truthy } from '../../python/compare.ts';
import { repr, str } from '../../python/repr.ts';
import { isDict, PyOpaque, PyTuple, type PyValue } from '../../python/value.ts';
import { Fault, typeFault, unsupportedFault } from '../fault.ts';
import type { Budget } from '../limits.ts';
import {
  DictView,
  GroupTuple,
  Markup,
  MissingElse,
  Range,
  requireDefined,
  requireStrictlyDefined,
  TemplateObject,
  typeOf,
  Undefined,
  unmarked,
} from './objects.ts';
import type { Runtime, Tables } from './runtime.ts';

/** Python prints no int beyond this many digits. */
const MAX_INT_DIGITS = 4300;
const TOO_LONG_INT = 10n ** BigInt(MAX_INT_DIGITS);

/** One rendering over one document. */
export class Rendering implements Runtime {
  readonly budget: Budget;
  readonly tables: Tables;
  line = 1;
  readonly #document: ReadonlyMap<string, PyValue>;

  constructor(budget: Budget, document: ReadonlyMap<string, PyValue>, tables: Tables) {
    this.budget = budget;
    this.#document = document;
    this.tables = tables;
  }

  resolve(name: string): PyValue | undefined {
    const value = this.#document.get(name);
    return value === undefined ? this.tables.globals.get(name) : value;
  }

  str(value: PyValue): string {
    if (typeof value === 'string') return value;
    if (value instanceof TemplateObject) return this.#printed(value);
    if (value instanceof PyOpaque) return str(value);
    return this.repr(value);
  }

  repr(value: PyValue): string {
    if (typeof value === 'bigint') return printInt(value, this.budget);
    if (value === null || typeof value === 'boolean' || typeof value === 'number') return repr(value);
    if (typeof value === 'string') {
      this.#weigh(value);
      return repr(value);
    }
    const text = this.#weigh(value) ? this.#reprObjects(value) : repr(value);
    this.budget.text(text.length);
    return text;
  }

  #printed(value: TemplateObject): string {
    const text = value.print(this);
    this.budget.text(text.length);
    return text;
  }

  /** `repr` of values that hold some of a running template's own. */
  #reprObjects(value: PyValue): string {
    if (value instanceof Undefined) return 'Undefined';
    if (value instanceof Markup) return `Markup(${repr(value.text)})`;
    if (value instanceof TemplateObject) return value.print(this);
    const inner = (item: PyValue) => this.budget.nested(() => this.#reprObjects(item));
    if (Array.isArray(value)) return `[${value.map(inner).join(', ')}]`;
    if (value instanceof PyTuple) {
      return value.items.length === 1 ? `(${value.items.map(inner)},)` : `(${value.items.map(inner).join(', ')})`;
    }
    if (isDict(value)) return `{${[...value].map(([key, item]) => `${inner(key)}: ${inner(item)}`).join(', ')}}`;
    return typeof value === 'bigint' ? printInt(value, this.budget) : repr(value);
  }

  /**
   * Walks through a value, so that work on all of it is paid for: values that share parts can be far longer than they are big.
   * @returns whether there are template objects in it
   */
  #weigh(value: PyValue): boolean {
    if (typeof value === 'string') {
      this.budget.text(value.length);
      this.budget.work(8 * value.length);
      return false;
    }
    if (typeof value === 'bigint') printable(value);
    if (typeof value !== 'object' || value === null) return false;
    if (value instanceof PyOpaque) return value instanceof TemplateObject;
    this.budget.step();
    return this.budget.nested(() => {
      let found = false;
      if (isDict(value)) {
        for (const [key, item] of value) found = [this.#weigh(key), this.#weigh(item)].includes(true) || found;
        return found;
      }
      const items = Array.isArray(value) ? value : value.items;
      this.budget.items(items.length);
      for (const item of items) found = this.#weigh(item) || found;
      return found;
    });
  }

  weighPlain(value: PyValue): void {
    if (this.#weigh(value))
      throw unsupportedFault('template objects inside lists and dicts can only be printed or taken out');
  }

  truthy(value: PyValue): boolean {
    if (typeof value === 'boolean') return value;
    if (value instanceof MissingElse) return false;
    requireDefined(value);
    if (value instanceof Markup) return value.text !== '';
    if (value instanceof Range) return value.length > 0n;
    if (value instanceof DictView) return value.dict.size > 0;
    return value instanceof TemplateObject || truthy(value);
  }

  equals(left: PyValue, right: PyValue): boolean {
    requireStrictlyDefined(left);
    requireStrictlyDefined(right);
    if (left instanceof MissingElse || right instanceof MissingElse)
      return left instanceof MissingElse === right instanceof MissingElse;
    const a = unmarked(left);
    const b = unmarked(right);
    if (typeof a === 'string' && typeof b === 'string') {
      if (a.length !== b.length) return false;
      this.budget.work(a.length);
      return a === b;
    }
    if (a === b) return !Number.isNaN(a);
    if (a instanceof TemplateObject || b instanceof TemplateObject) return this.#equalObjects(a, b);
    if (isContainer(a) && isContainer(b)) {
      this.weighPlain(a);
      this.weighPlain(b);
    }
    return equals(a, b);
  }

  #equalObjects(a: PyValue, b: PyValue): boolean {
    if (a instanceof Range && b instanceof Range) {
      return (
        a.length === b.length && (a.length === 0n || (a.start === b.start && (a.length === 1n || a.step === b.step)))
      );
    }
    if (a instanceof DictView && b instanceof DictView && (a.part !== 'values' || b.part !== 'values')) {
      throw unsupportedFault('views of dicts cannot be compared');
    }
    return false;
  }

  compare(left: PyValue, right: PyValue): number {
    requireDefined(left);
    requireDefined(right);
    const a = unmarked(left);
    const b = unmarked(right);
    if (typeof a === 'string' && typeof b === 'string') {
      this.budget.work(4 * Math.min(a.length, b.length));
    } else if (isContainer(a) && isContainer(b)) {
      this.weighPlain(a);
      this.weighPlain(b);
    } else if (a instanceof DictView && b instanceof DictView) {
      throw unsupportedFault('views of dicts cannot be compared');
    } else if (a instanceof TemplateObject || b instanceof TemplateObject) {
      throw typeFault(`'<' is not supported between '${typeOf(a)}' and '${typeOf(b)}'`);
    }
    if (a instanceof PyOpaque || b instanceof PyOpaque) {
      throw unsupportedFault('dates, decimals and bytes cannot be ordered');
    }
    return compare(a, b);
  }

  requireHashable(key: PyValue): void {
    requireDefined(key);
    if (typeof key === 'string') return;
    if (key instanceof TemplateObject || key instanceof GroupTuple) {
      if (key instanceof DictView) throw typeFault(`unhashable type: '${key.type}'`);
      throw unsupportedFault(`a ${typeOf(key)} cannot be a dict's key`);
    }
    if (key instanceof PyTuple) {
      this.weighPlain(key);
      for (const item of key.items) this.requireHashable(item);
    }
    if (Array.isArray(key) || isDict(key)) throw typeFault(`unhashable type: '${typeOf(key)}'`);
    if (Number.isNaN(key)) throw unsupportedFault("nan cannot be a dict's key");
  }

  joined(parts: readonly string[], separator: string): string {
    let length = separator.length * Math.max(parts.length - 1, 0);
    for (const part of parts) length += part.length;
    this.budget.text(length);
    return parts.join(separator);
  }

  made(text: string): string {
    this.budget.text(text.length);
    return text;
  }
}

function isContainer(value: PyValue): boolean {
  return typeof value === 'object' && value !== null && !(value instanceof PyOpaque);
}

function printable(value: bigint): void {
  if (value >= TOO_LONG_INT || value <= -TOO_LONG_INT) {
    throw new Fault('value', `an int has more than ${MAX_INT_DIGITS} digits, which Python does not print`);
  }
}

function printInt(value: bigint, budget: Budget): string {
  printable(value);
  const text = value.toString();
  budget.text(text.length);
  return text;
}
