/**
 * The digits of `-12.50`, or as Python prints very small ones, `1.25E-9`, without the point and down to `scale` places
 * behind it: `-1250`. Throws Error where the text is no decimal number.
 */
export function decimalDigits(text: string, scale: number): string {
  const parts = /^([+-]?)(\d+)(?:\.(\d+))?(?:E([+-]?\d+))?$/i.exec(text);
  if (parts === null) throw new Error(`${text} is no decimal number`);
  const [, sign, whole = '', fraction = '', exponent = '0'] = parts;
  const shift = scale - fraction.length + Number(exponent);
  const digits = whole + fraction;
  const unscaled = shift >= 0 ? digits + '0'.repeat(shift) : digits.slice(0, shift) || '0';
  return (sign === '-' ? '-' : '') + unscaled;
}

/**
 * Microseconds since 1970 of `1970-01-31 12:00:00.000001+01:00`, nanoseconds beyond them, and by how much the clock that shows it is
 * ahead of UTC, in microseconds. Throws Error for other texts.
 */
export function clockOf(text: string): { micros: bigint; nanos: bigint; ahead: bigint } {
  const parts = CLOCK.exec(text);
  if (parts === null) throw new Error(`${text} is no date and time`);
  const [, year = '', month = '', day = '', hour = '', minute = '', second = '', fraction = ''] = parts;
  // Date.UTC takes the years 0 to 99 for those of the last century; the ISO form does not.
  const shown = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`) / 1000;
  const [hours, minutes, seconds] = parts.slice(9).map((part) => Number(part ?? 0));
  const offset = ((hours ?? 0) * 60 + (minutes ?? 0)) * 60 + (seconds ?? 0);
  const ahead = parts[8] === '-' ? -offset : offset;
  const nanos = BigInt(fraction.padEnd(9, '0'));
  return {
    micros: BigInt(shown - ahead) * 1_000_000n + nanos / 1000n,
    nanos: nanos % 1000n,
    ahead: BigInt(ahead) * 1_000_000n,
  };
}

const CLOCK = /^(\d{4})-(\d\d)-(\d\d)[ T](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?:([+-])(\d\d):(\d\d)(?::(\d\d))?)?$/;
