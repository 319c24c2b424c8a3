/** Values that exist only while a template runs: undefined names, functions, generators, ranges, views. */
import { type PyDict, PyOpaque, PyTuple, type PyValue, typeName } from '../../python/value.ts';
import { Fault, unsupportedFault } from '../fault.ts';
import type { CallArguments } from './call-arguments.ts';
import type { Runtime } from './runtime.ts';

/**
 * Base of these values. They are `PyOpaque` so that they fit wherever Python's values do; only this folder meets them, and it
 * never uses their `str` and `repr` fields.
 */
export abstract class TemplateObject extends PyOpaque {
  /** Python's name of the type. */
  abstract readonly type: string;
  /** Whether Python's type has more attributes than `attribute` knows. */
  readonly hasPythonAttributes: boolean = true;
  constructor() {
    super('', '', undefined);
  }

  /** What printing gives. Most of Python's texts here hold an address in memory, which can't be reproduced. */
  print(_runtime: Runtime): string {
    throw unsupportedFault(`a ${this.type} can't be printed`);
  }

  /** The value's own attribute; `undefined` if it has none of that name. */
  attribute(_name: string, _runtime: Runtime): PyValue | undefined {
    return undefined;
  }
}

/** Jinja's StrictUndefined: any use but a few raises. */
export class Undefined extends TemplateObject {
  override readonly type = 'StrictUndefined';
  readonly hint: string;
  /** @param hint what is not there, e.g. `'x' is undefined` */
  constructor(hint: string) {
    super();
    this.hint = hint;
  }

  raise(): never {
    throw new Fault('undefined', this.hint);
  }

  override print(): string {
    return this.raise();
  }
}

/**
 * Jinja's plain Undefined, which stands only for the missing else of an inline if: an empty text, an empty sequence, false,
 * and equal to its like; anything else raises too.
 */
export class MissingElse extends Undefined {
  constructor() {
    super('an inline if is false and has no else');
  }

  override print(): string {
    return '';
  }
}

/** Throws if the value is one that raises when compared, measured, iterated over or asked for its truth. */
export function requireStrictlyDefined(value: PyValue): void {
  if (!(value instanceof MissingElse)) requireDefined(value);
}

/** Throws if the value is undefined; to be called wherever Python would touch the value. */
export function requireDefined(value: PyValue): void {
  if (value instanceof Undefined) value.raise();
}

/** Anything callable. */
export class Callable extends TemplateObject {
  override readonly type: string;
  readonly #printed: string | undefined;
  readonly name: string;
  readonly call: (args: CallArguments, runtime: Runtime) => PyValue;
  /** @param printed what it prints as, if Python's text holds no address */
  constructor(
    name: string,
    call: (args: CallArguments, runtime: Runtime) => PyValue,
    type = 'builtin_function_or_method',
    printed?: string,
  ) {
    super();
    this.name = name;
    this.call = call;
    this.type = type;
    this.#printed = printed;
  }

  override print(runtime: Runtime): string {
    return this.#printed === undefined ? super.print(runtime) : this.#printed;
  }
}

/** An iterator that is used up by iterating: generators, `map`, `reversed`. */
export class OneShot extends TemplateObject {
  override readonly type: string = 'generator';
  readonly iterator: Iterator<PyValue, unknown>;
  constructor(iterator: Iterator<PyValue, unknown>) {
    super();
    this.iterator = iterator;
  }
}

/** `range(...)`. */
export class Range extends TemplateObject {
  override readonly type = 'range';
  readonly start: bigint;
  readonly step: bigint;
  readonly stop: bigint;
  readonly length: bigint;
  constructor(start: bigint, stop: bigint, step: bigint) {
    super();
    this.start = start;
    this.stop = stop;
    this.step = step;
    const span = step > 0n ? stop - start : start - stop;
    const stride = step > 0n ? step : -step;
    this.length = span <= 0n ? 0n : (span - 1n) / stride + 1n;
  }

  override attribute(name: string): PyValue | undefined {
    return name === 'start' || name === 'stop' || name === 'step' ? this[name] : undefined;
  }

  at(index: bigint): bigint {
    return this.start + index * this.step;
  }

  override print(): string {
    return this.step === 1n ? `range(${this.start}, ${this.stop})` : `range(${this.start}, ${this.stop}, ${this.step})`;
  }
}

/** `dict.keys()`, `.values()`, `.items()`: they follow the dict's changes. */
export class DictView extends TemplateObject {
  override readonly type: string;
  readonly part: 'keys' | 'values' | 'items';
  readonly dict: PyDict;
  constructor(part: 'keys' | 'values' | 'items', dict: PyDict) {
    super();
    this.type = `dict_${part}`;
    this.part = part;
    this.dict = dict;
  }

  *entries(): Generator<PyValue> {
    for (const [key, value] of this.dict) {
      if (this.part === 'keys') yield key;
      else if (this.part === 'values') yield value;
      else yield new PyTuple([key, value]);
    }
  }

  override print(runtime: Runtime): string {
    return `${this.type}(${runtime.repr([...this.entries()])})`;
  }
}

/** Text that escaping filters have dealt with; adding other text to it escapes that (markupsafe's Markup). */
export class Markup extends TemplateObject {
  override readonly type = 'Markup';
  readonly text: string;
  constructor(text: string) {
    super();
    this.text = text;
  }

  override print(): string {
    return this.text;
  }
}

/** The value itself, or the text of a `Markup`, for uses where the difference doesn't show. */
export function unmarked(value: PyValue): PyValue {
  return value instanceof Markup ? value.text : value;
}

/** `namespace(...)`: the one kind of object whose attributes a template may set. */
export class Namespace extends TemplateObject {
  override readonly type = 'Namespace';
  override readonly hasPythonAttributes = false;
  readonly attributes: Map<string, PyValue>;
  constructor(attributes: Map<string, PyValue>) {
    super();
    this.attributes = attributes;
  }

  override attribute(name: string): PyValue | undefined {
    return this.attributes.get(name);
  }

  override print(runtime: Runtime): string {
    return `<Namespace ${runtime.repr(new Map<PyValue, PyValue>(this.attributes))}>`;
  }
}

/** What `groupby` gives per group: a tuple with names. */
export class GroupTuple extends PyTuple {
  readonly grouper: PyValue;
  readonly list: PyValue[];
  constructor(grouper: PyValue, list: PyValue[]) {
    super([grouper, list]);
    this.grouper = grouper;
    this.list = list;
  }

  attribute(name: string): PyValue | undefined {
    return name === 'grouper' || name === 'list' ? this[name] : undefined;
  }
}

/** Python's name of the value's type. */
export function typeOf(value: PyValue): string {
  return value instanceof TemplateObject ? value.type : typeName(value);
}
