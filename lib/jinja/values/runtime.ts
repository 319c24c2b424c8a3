import type { PyValue } from '../../python/value.ts';
import type { Budget } from '../limits.ts';
import type { CallArguments } from './call-arguments.ts';

/** A filter: what is left of the bar, and the arguments. */
export type TemplateFilter = (value: PyValue, call: CallArguments, runtime: Runtime) => PyValue;

/** A method of one of Python's types. */
export type Method<Self> = (self: Self, call: CallArguments, runtime: Runtime) => PyValue;

/** A test: what is left of `is`, and the arguments. */
export type Test = (value: PyValue, call: CallArguments, runtime: Runtime) => boolean;

/** What values need of the rooms above them; whoever starts a rendering passes it in. */
export interface Tables {
  /** What templates can call by name; the document's columns come before them. */
  readonly globals: ReadonlyMap<string, PyValue>;
  readonly filters: ReadonlyMap<string, TemplateFilter>;
  readonly tests: ReadonlyMap<string, Test>;
  /** `text % values`. */
  formatPercent(template: string, values: PyValue, runtime: Runtime): string;
  /** `text.format(...)`. */
  formatBraces(template: string, call: CallArguments, runtime: Runtime): string;
}

/** The state of one rendering, and what running templates do with values: Python's operations, paid for from its budget. */
export interface Runtime {
  readonly budget: Budget;
  readonly tables: Tables;
  /** Line of the statement that is running. */
  line: number;
  /** A name that no scope of the template stores; `undefined` where there is none. */
  resolve(name: string): PyValue | undefined;
  /** `str(value)`. */
  str(value: PyValue): string;
  /** `repr(value)`. */
  repr(value: PyValue): string;
  /** Pays for work on the whole of a value of Python's; template objects inside are not understood by lib/python. */
  weighPlain(value: PyValue): void;
  /** `bool(value)`. */
  truthy(value: PyValue): boolean;
  /** `left == right`. */
  equals(left: PyValue, right: PyValue): boolean;
  /** Negative, zero, positive, or NaN where the values have no order. */
  compare(left: PyValue, right: PyValue): number;
  /** Checks that a value can be a dict's key. @throws Fault `type`, `unsupported` */
  requireHashable(key: PyValue): void;
  /** A text made of parts, paid for before it is made. */
  joined(parts: readonly string[], separator: string): string;
  /** A text about to be handed out. */
  made(text: string): string;
}
