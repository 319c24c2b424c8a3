/** Floats in the fixed, exponent and general forms of Python's `format` and `%`, rounded half to even from their exact values. */
import { formatFloat } from '../../python/number.ts';
import { fraction, roundDivide } from '../values/arithmetic.ts';

/** `1.50`: so many digits after the point. Without sign; finite values only. */
export function fixed(value: number, digits: number): string {
  const [top, bottom] = fraction(Math.abs(value));
  const scaled = roundDivide(top * 10n ** BigInt(digits), bottom)
    .toString()
    .padStart(digits + 1, '0');
  return digits === 0 ? scaled : `${scaled.slice(0, -digits)}.${scaled.slice(-digits)}`;
}

/** The first digits of a value, rounded, and the power of ten of the first one. */
function significant(value: number, count: number): { digits: string; exponent: number } {
  if (value === 0) return { digits: '0'.repeat(count), exponent: 0 };
  const [top, bottom] = fraction(Math.abs(value));
  let exponent = Math.floor(Math.log10(Math.abs(value)));
  for (;;) {
    const shift = count - 1 - exponent;
    const digits = (
      shift >= 0 ? roundDivide(top * 10n ** BigInt(shift), bottom) : roundDivide(top, bottom * 10n ** BigInt(-shift))
    ).toString();
    if (digits.length === count) return { digits, exponent };
    exponent += digits.length > count ? 1 : -1;
  }
}

/** `1.50e+00` */
export function exponential(value: number, digits: number): string {
  const { digits: all, exponent } = significant(value, digits + 1);
  return `${all[0]}${digits === 0 ? '' : `.${all.slice(1)}`}${exponentText(exponent)}`;
}

/** `1.5`: so many significant digits, zeros at the end left out unless `alternate`. */
export function general(value: number, precision: number, alternate = false): string {
  const count = Math.max(precision, 1);
  const { digits, exponent } = significant(value, count);
  let text: string;
  if (exponent < -4 || exponent >= count) {
    text = mantissa(digits, 1, alternate) + exponentText(exponent);
  } else if (exponent < 0) text = mantissa('0'.repeat(-exponent) + digits, 1, alternate);
  else text = mantissa(digits, exponent + 1, alternate);
  return text;
}

function mantissa(digits: string, point: number, alternate: boolean): string {
  const whole = digits.slice(0, point);
  const rest = alternate ? digits.slice(point) : digits.slice(point).replace(/0+$/, '');
  return rest === '' && !alternate ? whole : `${whole}.${rest}`;
}

function exponentText(exponent: number): string {
  return `e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
}

/** `repr` of a finite float without its sign. */
export function shortest(value: number): string {
  return formatFloat(Math.abs(value));
}

/** Whether the value is below zero or minus zero. */
export function isNegative(value: number): boolean {
  return value < 0 || Object.is(value, -0);
}
