/** The shortest decimal digits that read back as `x`, without trailing zeros; the value is `0.digits * 10 ** point`. */
interface Decimal {
  digits: string;
  point: number;
}

/** JavaScript finds the same shortest digits as Python and ryu; only the layout differs. `x` is finite and not zero. */
function decimal(x: number): Decimal {
  const [mantissa = '', exponent = ''] = Math.abs(x).toExponential().split('e');
  return { digits: mantissa.replace('.', ''), point: Number(exponent) + 1 };
}

/** The digits without an exponent, always with a decimal point: `120.0`, `1.2`, `0.0012`. */
function positional({ digits, point }: Decimal): string {
  if (point <= 0) return `0.${'0'.repeat(-point)}${digits}`;
  if (point >= digits.length) return `${digits}${'0'.repeat(point - digits.length)}.0`;
  return `${digits.slice(0, point)}.${digits.slice(point)}`;
}

/** The digits with one of them before the point: `1.2`, `1`. */
function mantissa({ digits }: Decimal): string {
  return digits.length === 1 ? digits : `${digits[0]}.${digits.slice(1)}`;
}

/** A float as Python's `repr()` and `str()` print it: `1.0`, `1e+16`, `1e-05`, `inf`, `nan`, `-0.0` (float.__repr__). */
export function formatFloat(x: number): string {
  if (Number.isNaN(x)) return 'nan';
  const sign = x < 0 || Object.is(x, -0) ? '-' : '';
  if (x === 0) return `${sign}0.0`;
  if (!Number.isFinite(x)) return `${sign}inf`;
  const shortest = decimal(x);
  if (shortest.point > -4 && shortest.point <= 16) return sign + positional(shortest);
  const exponent = shortest.point - 1;
  return `${sign}${mantissa(shortest)}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
}

/**
 * A float as pydantic 2.10's `model_dump_json` prints it (the ryu crate): `0.0`, `0.00001`, `1e-6`, `1e16`. Not a number
 * and the infinities become `null`, as they do there.
 */
export function formatFloatRyu(x: number): string {
  if (!Number.isFinite(x)) return 'null';
  const sign = x < 0 || Object.is(x, -0) ? '-' : '';
  if (x === 0) return `${sign}0.0`;
  const shortest = decimal(x);
  if (shortest.point > -5 && shortest.point <= 16) return sign + positional(shortest);
  return `${sign}${mantissa(shortest)}e${shortest.point - 1}`;
}
