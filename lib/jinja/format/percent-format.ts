/** Python's `text % values` (printf-style formatting). */
import { pyLen, pySlice } from '../../python/sequence.ts';
import { isDict, PyTuple, type PyValue } from '../../python/value.ts';
import { Fault, lookupFault, typeFault, unsupportedFault, valueFault } from '../fault.ts';
import { asNumber } from '../values/arithmetic.ts';
import { asIndex, clamp } from '../values/call-arguments.ts';
import { Range, requireDefined, typeOf, Undefined } from '../values/objects.ts';
import type { Runtime } from '../values/runtime.ts';
import { exponential, fixed, general, isNegative } from './float-format.ts';

const DIRECTIVE = /%(?:\(((?:[^()]|\([^()]*\))*)\))?([-+ #0]*)(\*|\d+)?(?:\.(\*|\d*))?[hlL]?(.?)/gsu;
/** Floats are printed exactly, which takes a lot of digits at worst. */
const MAX_PRECISION = 1000;

interface Directive {
  readonly flags: string;
  readonly width: number;
  readonly precision: number | null;
  readonly type: string;
}

/** @throws Fault `type` or `value` as Python does */
export function formatPercent(template: string, values: PyValue, runtime: Runtime): string {
  const source = new FormatArguments(values, runtime);
  const parts: string[] = [];
  let end = 0;
  for (const match of template.matchAll(DIRECTIVE)) {
    const [all, key, flags = '', width, precision, type = ''] = match;
    parts.push(template.slice(end, match.index));
    end = match.index + all.length;
    runtime.budget.step();
    if (key !== undefined) source.select(key);
    const leftWidth = width === '*' ? source.int() : Number(width ?? 0);
    const directive: Directive = {
      flags: leftWidth < 0 ? `${flags}-` : flags,
      width: Math.abs(leftWidth),
      precision:
        precision === undefined ? null : precision === '*' ? Math.max(source.int(), 0) : Number(precision || 0),
      type,
    };
    if (all === '%%') parts.push('%');
    else parts.push(formatOne(directive, source, runtime));
  }
  parts.push(template.slice(end));
  source.finish();
  return runtime.joined(parts, '');
}

/** Where the directives take their values from: a tuple's items in turn, a dict by key, or the one value. */
class FormatArguments {
  readonly #values: PyValue;
  readonly #runtime: Runtime;
  readonly #items: readonly PyValue[];
  #next = 0;
  #selected: PyValue | undefined;
  #keyed = false;

  constructor(values: PyValue, runtime: Runtime) {
    this.#values = values;
    this.#runtime = runtime;
    this.#items = values instanceof PyTuple ? values.items : [values];
  }

  select(key: string): void {
    if (!isDict(this.#values)) throw typeFault('format requires a mapping');
    const value = this.#values.get(key);
    if (value === undefined) throw lookupFault(`no key ${this.#runtime.repr(key)}`);
    this.#selected = value;
    this.#keyed = true;
  }

  next(): PyValue {
    const value = this.#selected === undefined ? this.#items[this.#next] : this.#selected;
    if (this.#selected === undefined) {
      if (this.#keyed || this.#next >= this.#items.length) throw typeFault('not enough arguments for format string');
      this.#next++;
    }
    if (value === undefined) throw typeFault('not enough arguments for format string');
    this.#selected = undefined;
    return value;
  }

  int(): number {
    return clamp(asIndex(this.next(), '* width or precision'));
  }

  finish(): void {
    // Python takes anything with items for a mapping, which may have more than is asked for.
    const values = this.#values;
    const ignorable = isDict(values) || Array.isArray(values) || values instanceof Range || values instanceof Undefined;
    if (this.#next < this.#items.length && !ignorable) throw typeFault('not all arguments converted');
  }
}

function formatOne(directive: Directive, source: FormatArguments, runtime: Runtime): string {
  const { type, precision } = directive;
  runtime.budget.text(directive.width + (precision ?? 0));
  switch (type) {
    case 's':
    case 'r':
    case 'a': {
      const value = source.next();
      if (type === 'a') throw unsupportedFault("'%a'");
      const text = type === 's' ? runtime.str(value) : runtime.repr(value);
      runtime.budget.work(text.length);
      return pad(directive, '', precision === null ? text : pySlice(text, 0, precision), false);
    }
    case 'c':
      return pad(directive, '', character(source.next()), false);
    case 'd':
    case 'i':
    case 'u':
      return formatInt(directive, toInt(source.next(), true), 10, '', runtime);
    case 'x':
    case 'X':
      return formatInt(directive, toInt(source.next(), false), 16, `0${type}`, runtime);
    case 'o':
      return formatInt(directive, toInt(source.next(), false), 8, '0o', runtime);
    case 'e':
    case 'E':
    case 'f':
    case 'F':
    case 'g':
    case 'G':
      return formatFloat(directive, source.next());
    case '':
      throw valueFault('incomplete format');
    default:
      throw valueFault(`unsupported format character '${type}'`);
  }
}

function toInt(value: PyValue, floats: boolean): bigint {
  requireDefined(value);
  const number = asNumber(value);
  if (typeof number === 'bigint') return number;
  if (number === undefined || !floats) throw typeFault(`%d format: a number is required, not ${typeOf(value)}`);
  if (Number.isNaN(number)) throw valueFault('cannot convert float NaN to integer');
  if (!Number.isFinite(number)) throw new Fault('arithmetic', 'cannot convert float infinity to integer');
  return BigInt(Math.trunc(number));
}

function formatInt(directive: Directive, value: bigint, radix: number, prefix: string, runtime: Runtime): string {
  const { precision, flags, type } = directive;
  const magnitude = value < 0n ? -value : value;
  let digits = radix === 10 ? runtime.str(magnitude) : magnitude.toString(radix);
  digits = digits.padStart(precision ?? 0, '0');
  if (type === 'X') digits = digits.toUpperCase();
  return pad(directive, signOf(flags, value < 0n) + (flags.includes('#') ? prefix : ''), digits, true);
}

function formatFloat(directive: Directive, value: PyValue): string {
  requireDefined(value);
  const number = asNumber(value);
  if (number === undefined) throw typeFault(`must be real number, not ${typeOf(value)}`);
  const float = Number(number);
  const { type, flags } = directive;
  const precision = directive.precision ?? 6;
  if (precision > MAX_PRECISION) throw unsupportedFault(`more than ${MAX_PRECISION} digits`);
  let text: string;
  if (!Number.isFinite(float)) text = Number.isNaN(float) ? 'nan' : 'inf';
  else {
    const lower = type.toLowerCase();
    if (lower === 'f') text = fixed(float, precision);
    else if (lower === 'e') text = exponential(float, precision);
    else text = general(float, precision, flags.includes('#'));
    if (flags.includes('#') && precision === 0 && lower !== 'g') throw unsupportedFault("'#' without decimals");
  }
  if (type !== type.toLowerCase()) text = text.toUpperCase();
  return pad(directive, signOf(flags, isNegative(float)), text, true);
}

function signOf(flags: string, negative: boolean): string {
  if (negative) return '-';
  if (flags.includes('+')) return '+';
  return flags.includes(' ') ? ' ' : '';
}

function character(value: PyValue): string {
  if (typeof value === 'string' && pyLen(value) === 1) return value;
  if (typeof value !== 'bigint') throw typeFault('%c requires int or char');
  if (value < 0n || value > 0x10ffffn) throw new Fault('arithmetic', '%c arg not in range(0x110000)');
  return String.fromCodePoint(Number(value));
}

function pad({ flags, width }: Directive, sign: string, body: string, numeric: boolean): string {
  const missing = Math.max(0, width - pyLen(body) - sign.length);
  if (flags.includes('-')) return sign + body + ' '.repeat(missing);
  if (numeric && flags.includes('0')) return sign + '0'.repeat(missing) + body;
  return ' '.repeat(missing) + sign + body;
}
