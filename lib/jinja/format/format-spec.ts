/** Python's `format(value, spec)`: the part of `{...}` after the colon. */
import { pyLen, pySlice } from '../../python/sequence.ts';
import type { PyValue } from '../../python/value.ts';
import { typeFault, unsupportedFault, valueFault } from '../fault.ts';
import { asNumber, toFloat } from '../values/arithmetic.ts';
import { requireDefined, TemplateObject, typeOf } from '../values/objects.ts';
import type { Runtime } from '../values/runtime.ts';
import { exponential, fixed, general, isNegative, shortest } from './float-format.ts';

const SPEC = /^(?:(.)?([<>=^]))?([-+ ])?(z)?(#)?(0)?(\d+)?([,_])?(?:\.(\d+))?([a-zA-Z%])?$/su;
const RADIX: Record<string, [radix: number, prefix: string]> = {
  b: [2, '0b'],
  o: [8, '0o'],
  x: [16, '0x'],
  X: [16, '0X'],
};

interface Spec {
  readonly fill: string;
  readonly align: string | undefined;
  readonly sign: string;
  readonly alternate: boolean;
  readonly width: number;
  readonly grouping: string;
  readonly precision: number | null;
  readonly type: string;
}

/** @throws Fault `value` or `type` as Python does */
export function formatValue(value: PyValue, text: string, runtime: Runtime): string {
  if (text === '') return runtime.str(value);
  requireDefined(value);
  if (value instanceof TemplateObject) throw unsupportedFault(`a format for a ${value.type}`);
  const number = asNumber(value);
  if (number === undefined && typeof value !== 'string') {
    throw typeFault(`unsupported format string passed to ${typeOf(value)}.__format__`);
  }
  const spec = parseSpec(text, runtime);
  if (typeof value === 'string') {
    runtime.budget.work(value.length);
    return formatText(value, spec);
  }
  if (number === undefined) return '';
  const { type } = spec;
  // A bool has its own text only where no type is given, and then Python prints it as an int.
  if (typeof number === 'bigint' && (type === '' || 'bcdoxXn'.includes(type))) return formatInt(number, spec, runtime);
  if (typeof number === 'number' && 'bcdoxXs'.includes(type) && type !== '') throw unknownType(type, 'float');
  return formatFloat(toFloat(number), spec);
}

function parseSpec(text: string, runtime: Runtime): Spec {
  const match = SPEC.exec(text);
  if (!match) throw valueFault(`invalid format specifier '${text.slice(0, 40)}'`);
  const [, fill, align, sign = '-', z, alternate, zero, width, grouping = '', precision, type = ''] = match;
  if (z !== undefined) throw unsupportedFault("'z' in a format");
  const spec = {
    fill: fill ?? (zero === undefined ? ' ' : '0'),
    align: align ?? (zero === undefined ? undefined : '='),
    sign,
    alternate: alternate !== undefined,
    width: Number(width ?? 0),
    grouping,
    precision: precision === undefined ? null : Number(precision),
    type,
  };
  if (spec.grouping !== '' && zero !== undefined && align === undefined) {
    throw unsupportedFault('zeros to the width with separators');
  }
  runtime.budget.text(spec.width + (spec.precision ?? 0));
  return spec;
}

function unknownType(type: string, of: string): Error {
  return valueFault(`unknown format code '${type}' for object of type '${of}'`);
}

function formatText(value: string, spec: Spec): string {
  if (spec.type !== '' && spec.type !== 's') throw unknownType(spec.type, 'str');
  if (spec.sign !== '-' || spec.alternate || spec.grouping !== '') throw valueFault('format not allowed for a str');
  if (spec.align === '=' && spec.fill !== '0') throw valueFault("'=' alignment not allowed for a str");
  const text = spec.precision === null ? value : pySlice(value, 0, spec.precision);
  return pad('', text, { ...spec, align: spec.align === '=' ? '<' : spec.align }, '<');
}

function formatInt(value: bigint, spec: Spec, runtime: Runtime): string {
  if (spec.precision !== null) throw valueFault('precision not allowed in integer format specifier');
  if (spec.type === 'c') throw unsupportedFault("format type 'c'");
  if (spec.type === 'n' && spec.grouping !== '') throw valueFault(`cannot specify '${spec.grouping}' with 'n'`);
  const magnitude = value < 0n ? -value : value;
  const [radix, prefix] = RADIX[spec.type] ?? [10, ''];
  if (radix !== 10 && spec.grouping === ',') throw valueFault(`cannot specify ',' with '${spec.type}'`);
  let digits = radix === 10 ? runtime.str(magnitude) : magnitude.toString(radix);
  if (spec.type === 'X') digits = digits.toUpperCase();
  const body = group(digits, spec.grouping, radix === 10 ? 3 : 4);
  return pad(signOf(spec, value < 0n) + (spec.alternate ? prefix : ''), body, spec, '>');
}

function formatFloat(value: number, spec: Spec): string {
  const { type, precision, alternate } = spec;
  if (type !== '' && !'eEfFgGn%'.includes(type)) throw unknownType(type, 'float');
  if (precision !== null && precision > 1000) throw unsupportedFault('more than 1000 digits');
  if (alternate) throw unsupportedFault("'#' in a float's format");
  const negative = isNegative(value);
  const number = type === '%' ? value * 100 : value;
  let text = Number.isNaN(number) ? 'nan' : 'inf';
  if (Number.isFinite(number)) {
    text = floatDigits(number, type.toLowerCase(), precision);
    const point = text.search(/[.e]|$/);
    text = group(text.slice(0, point), spec.grouping, 3) + text.slice(point);
  }
  if (type === '%') text += '%';
  if (type === 'E' || type === 'F' || type === 'G') text = text.toUpperCase();
  return pad(signOf(spec, negative && !Number.isNaN(number)), text, spec, '>');
}

function floatDigits(value: number, type: string, precision: number | null): string {
  if (type === 'f' || type === '%') return fixed(value, precision ?? 6);
  if (type === 'e') return exponential(value, precision ?? 6);
  if (type === 'g' || type === 'n') return general(value, precision ?? 6);
  if (precision === null) return shortest(value);
  // Without a type: as `g`, but with at least one digit after the point, and the exponent form one place earlier.
  const text = general(value, precision);
  if (/[.e]/.test(text)) return text;
  return text.length >= Math.max(precision, 1) ? exponentForm(value, precision) : `${text}.0`;
}

function exponentForm(value: number, precision: number): string {
  return exponential(value, Math.max(precision, 1) - 1).replace(/\.?0*e/, 'e');
}

function group(digits: string, separator: string, size: number): string {
  if (separator === '') return digits;
  const parts: string[] = [];
  for (let end = digits.length; end > 0; end -= size) parts.push(digits.slice(Math.max(0, end - size), end));
  return parts.reverse().join(separator);
}

function signOf(spec: Spec, negative: boolean): string {
  if (negative) return '-';
  return spec.sign === '-' ? '' : spec.sign;
}

function pad(sign: string, body: string, spec: Spec, defaultAlign: string): string {
  const missing = Math.max(0, spec.width - sign.length - pyLen(body));
  switch (spec.align ?? defaultAlign) {
    case '=':
      return sign + spec.fill.repeat(missing) + body;
    case '<':
      return sign + body + spec.fill.repeat(missing);
    case '^': {
      const left = Math.floor(missing / 2);
      return spec.fill.repeat(left) + sign + body + spec.fill.repeat(missing - left);
    }
    default:
      return spec.fill.repeat(missing) + sign + body;
  }
}
