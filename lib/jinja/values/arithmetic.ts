/** Python's arithmetic on ints and floats. */
import { Fault, limitFault, typeFault, unsupportedFault } from '../fault.ts';
import type { Budget } from '../limits.ts';
import type { BinaryOperator } from '../syntax/nodes.ts';

/** An int or a float. */
export type PyNumber = bigint | number;

const arithmeticFault = (message: string) => new Fault('arithmetic', message);

/** @throws Fault `arithmetic` as Python's ZeroDivisionError and OverflowError */
export function calculate(operator: BinaryOperator, left: PyNumber, right: PyNumber, budget: Budget): PyNumber {
  if (typeof left === 'bigint' && typeof right === 'bigint') return calculateInts(operator, left, right, budget);
  return calculateFloats(operator, toFloat(left), toFloat(right));
}

function calculateInts(operator: BinaryOperator, a: bigint, b: bigint, budget: Budget): PyNumber {
  switch (operator) {
    case '+':
      return boundedInt(a + b, budget);
    case '-':
      return boundedInt(a - b, budget);
    case '*':
      return boundedInt(a * b, budget);
    case '/':
      return divideInts(a, b);
    case '//':
      return floorDivide(a, b);
    case '%':
      if (b === 0n) throw arithmeticFault('integer modulo by zero');
      return a - floorDivide(a, b) * b;
    case '**':
      return powerOfInts(a, b, budget);
  }
}

function floorDivide(a: bigint, b: bigint): bigint {
  if (b === 0n) throw arithmeticFault('integer division by zero');
  const quotient = a / b;
  return a % b !== 0n && a < 0n !== b < 0n ? quotient - 1n : quotient;
}

/** `a / b`, rounded once. */
function divideInts(a: bigint, b: bigint): number {
  if (b === 0n) throw arithmeticFault('division by zero');
  const safe = BigInt(Number.MAX_SAFE_INTEGER);
  if (a <= safe && a >= -safe && b <= safe && b >= -safe) return Number(a) / Number(b);
  return ratio(a, b);
}

/** The float next to `a / b`, ties to even, by way of 64 significant bits and one that stands for all the rest. */
export function ratio(a: bigint, b: bigint): number {
  const negative = a < 0n !== b < 0n;
  const n = a < 0n ? -a : a;
  const d = b < 0n ? -b : b;
  const shift = 66 - (bitLength(n) - bitLength(d));
  // Below the smallest normal float there are fewer bits; further ones would be rounded twice.
  const scaled = Math.min(shift, 1074 + 2);
  const top = scaled >= 0 ? n << BigInt(scaled) : n;
  const bottom = scaled >= 0 ? d : d << BigInt(-scaled);
  const quotient = top / bottom;
  const sticky = top % bottom === 0n ? quotient : quotient | 1n;
  const result = scale(sticky, -scaled);
  if (!Number.isFinite(result)) throw arithmeticFault('the result is too large for a float');
  return negative ? -result : result;
}

/** `mantissa * 2**exponent`, rounded once. */
function scale(mantissa: bigint, exponent: number): number {
  const excess = Math.max(bitLength(mantissa) - 53, -1074 - exponent, 0);
  let kept = mantissa >> BigInt(excess);
  const rest = mantissa - (kept << BigInt(excess));
  const half = excess === 0 ? 0n : 1n << BigInt(excess - 1);
  if (excess > 0 && (rest > half || (rest === half && (kept & 1n) === 1n))) kept += 1n;
  const power = exponent + excess;
  // In two factors, as 2**power alone may be out of range.
  return Number(kept) * 2 ** Math.trunc(power / 2) * 2 ** (power - Math.trunc(power / 2));
}

function bitLength(value: bigint): number {
  return value === 0n ? 0 : value.toString(2).length;
}

function powerOfInts(a: bigint, b: bigint, budget: Budget): PyNumber {
  if (b < 0n) return powerOfFloats(toFloat(a), toFloat(b));
  if (b === 0n) return 1n;
  if (a === 0n || a === 1n) return a;
  if (a === -1n) return b % 2n === 0n ? 1n : -1n;
  const bits = bitLength(a < 0n ? -a : a);
  if (b * BigInt(bits) > BigInt(budget.limits.maxIntBits)) {
    throw new Fault('limit', `an int would exceed ${budget.limits.maxIntBits} bits`);
  }
  return boundedInt(a ** b, budget);
}

function calculateFloats(operator: BinaryOperator, a: number, b: number): number {
  switch (operator) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    case '/':
      if (b === 0) throw arithmeticFault('float division by zero');
      return a / b;
    case '//':
      return floorDivideFloats(a, b)[0];
    case '%':
      return floorDivideFloats(a, b)[1];
    case '**':
      return powerOfFloats(a, b);
  }
}

/** Quotient and rest (CPython's float_divmod). */
function floorDivideFloats(a: number, b: number): [number, number] {
  if (b === 0) throw arithmeticFault('float division or modulo by zero');
  let rest = a % b;
  let quotient = (a - rest) / b;
  if (rest === 0) rest = b < 0 || Object.is(b, -0) ? -0 : 0;
  else if (b < 0 !== rest < 0) {
    rest += b;
    quotient -= 1;
  }
  if (quotient === 0) return [a / b < 0 || Object.is(a / b, -0) ? -0 : 0, rest];
  const floor = Math.floor(quotient);
  return [quotient - floor > 0.5 ? floor + 1 : floor, rest];
}

function powerOfFloats(a: number, b: number): number {
  if (a === 1 || b === 0) return 1;
  if (a === -1 && !Number.isFinite(b) && !Number.isNaN(b)) return 1;
  if (a === 0 && b < 0) throw arithmeticFault('0.0 cannot be raised to a negative power');
  if (a < 0 && Number.isFinite(a) && Number.isFinite(b) && !Number.isInteger(b)) {
    throw unsupportedFault('complex numbers');
  }
  const result = b === 0.5 && Number.isFinite(a) ? Math.sqrt(a) : exactPower(a, b);
  if (!Number.isFinite(result) && Number.isFinite(a) && Number.isFinite(b)) {
    throw arithmeticFault('the result is too large for a float');
  }
  return result;
}

/** Whole powers are computed exactly and rounded once, as C libraries do; JavaScript's own may be off in the last place. */
function exactPower(a: number, b: number): number {
  if (!Number.isFinite(a) || !Number.isInteger(b) || Math.abs(b) > 256 || a === 0) return a ** b;
  const estimate = a ** b;
  if (!Number.isFinite(estimate) || estimate === 0) return estimate;
  const [top, bottom] = fraction(a);
  const n = BigInt(Math.abs(b));
  return b > 0 ? ratio(top ** n, bottom ** n) : ratio(bottom ** n, top ** n);
}

/** A finite float as an exact fraction, its denominator a power of two. */
export function fraction(value: number): [bigint, bigint] {
  let bottom = 1n;
  let scaled = value;
  while (!Number.isInteger(scaled)) {
    scaled *= 2;
    bottom *= 2n;
  }
  return [BigInt(scaled), bottom];
}

/** @throws Fault `arithmetic` for ints beyond the floats */
export function toFloat(value: PyNumber): number {
  const float = Number(value);
  if (typeof value === 'bigint' && !Number.isFinite(float)) throw arithmeticFault('int too large to convert to float');
  return float;
}

/** A bool as the int it is, an int or float as it is; `undefined` for what is no number. */
export function asNumber(value: unknown): PyNumber | undefined {
  if (typeof value === 'bigint' || typeof value === 'number') return value;
  if (typeof value === 'boolean') return value ? 1n : 0n;
  return undefined;
}

/** `round(value, digits)`: half to even, of the exact value. */
export function roundNumber(value: PyNumber, digits: bigint): PyNumber {
  if (typeof value === 'number') {
    if (!Number.isFinite(value) || digits > 323n) return value;
    if (digits < -308n) return value < 0 || Object.is(value, -0) ? -0 : 0;
    const [top, bottom] = fraction(value);
    const ten = 10n ** (digits < 0n ? -digits : digits);
    const rounded = digits < 0n ? roundDivide(top, bottom * ten) : roundDivide(top * ten, bottom);
    const result = digits < 0n ? toFloat(rounded * ten) : ratio(rounded, ten);
    return rounded === 0n && (value < 0 || Object.is(value, -0)) ? -0 : result;
  }
  if (digits >= 0n) return value;
  // Less than half of the unit, whose size need not be known then; else the unit is no longer than the value.
  if (BigInt(bitLength(value < 0n ? -value : value)) < (-digits * 33n) / 10n) return 0n;
  const unit = 10n ** -digits;
  return roundDivide(value, unit) * unit;
}

/** `a / b` to the next int, half to even; `b` positive. */
export function roundDivide(a: bigint, b: bigint): bigint {
  const floor = floorDivide(a, b);
  const twice = 2n * (a - floor * b);
  return twice > b || (twice === b && floor % 2n !== 0n) ? floor + 1n : floor;
}

/** The number, where Python takes only numbers. */
export function requireNumber(value: unknown, what: string): PyNumber {
  const number = asNumber(value);
  if (number === undefined) throw typeFault(`${what} must be a number`);
  return number;
}

/** Checks how many bits an int has; negative ones as positive. */
function boundedInt(value: bigint, budget: Budget): bigint {
  if (value < 1n << 64n && value > -(1n << 64n)) return value;
  const bits = value.toString(16).length * 4;
  if (bits > budget.limits.maxIntBits) throw limitFault(`an int would exceed ${budget.limits.maxIntBits} bits`);
  budget.bits(bits);
  return value;
}
