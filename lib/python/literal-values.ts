/** Values of literals that templates can only print: `...`, sets, complex numbers, bytes. MongoDB stores bytes only. */
import { formatFloat } from './number.ts';
import { repr } from './repr.ts';
import { PyOpaque, type PyValue } from './value.ts';

/** `...` */
export const ELLIPSIS = new PyOpaque('Ellipsis', 'Ellipsis', undefined);

/** A set of no items or one; with more, Python's own order of printing can't be known. */
export class PySet extends PyOpaque {
  constructor(item?: PyValue) {
    const text = item === undefined ? 'set()' : `{${repr(item)}}`;
    super(text, text, undefined);
  }
}

/** A complex number. */
export class PyComplex extends PyOpaque {
  readonly real: number;
  readonly imag: number;
  /** Whether it stands in the source as `2j`, and not as a sum or with a sign. */
  readonly isPlain: boolean;
  constructor(real: number, imag: number, isPlain: boolean) {
    const text = complexText(real, imag);
    super(text, text, undefined);
    this.real = real;
    this.imag = imag;
    this.isPlain = isPlain;
  }
}

/** complex.__repr__: without the real part only where that is zero and positive. */
function complexText(real: number, imag: number): string {
  if (Object.is(real, 0)) return `${part(imag)}j`;
  const sign = imag < 0 || Object.is(imag, -0) ? '' : '+';
  return `(${part(real)}${sign}${part(imag)}j)`;
}

function part(value: number): string {
  return formatFloat(value).replace(/\.0$/, '');
}

/** A bytes value: opaque, printed as Python prints it, stored by MongoDB as binary. */
export function bytesLiteral(value: string): PyOpaque {
  const quote = value.includes("'") && !value.includes('"') ? '"' : "'";
  const inner = value.replace(/[^ -~]|['"\\]/g, (character) => {
    if (character === '\\' || character === quote) return `\\${character}`;
    if (character === '"' || character === "'") return character;
    const short = { '\t': '\\t', '\n': '\\n', '\r': '\\r' }[character];
    return short ?? `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
  });
  const repr = `b${quote}${inner}${quote}`;
  return new PyOpaque(repr, repr, Buffer.from(value, 'latin1'));
}
