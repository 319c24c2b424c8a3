import { PyIndexError, PyRegexError, PyTypeError, PyUnsupportedError, PyValueError } from '../python/exceptions.ts';

/**
 * Why a template failed:
 * - `syntax`: it can't be compiled; - `undefined`: it used something that is not there;
 * - `type`, `value`, `lookup`, `arithmetic`: Python's TypeError and AttributeError, ValueError, LookupError, ArithmeticError;
 * - `limit`: it asked for more time, text or memory than it may have; - `unsupported`: Jinja allows it, this renderer doesn't;
 * - `internal`: this renderer failed.
 */
export type FaultKind =
  | 'syntax'
  | 'undefined'
  | 'type'
  | 'value'
  | 'lookup'
  | 'arithmetic'
  | 'limit'
  | 'unsupported'
  | 'internal';

/**
 * What the parts of the renderer throw, before the template's line is known. `compileTemplate` and `render` turn it into a
 * `TemplateError`; it never leaves this folder.
 */
export class Fault extends Error {
  override readonly name = 'Fault';
  readonly kind: FaultKind;
  constructor(kind: FaultKind, message: string) {
    super(message);
    this.kind = kind;
  }
}

/** Python's TypeError. */
export const typeFault = (message: string): Fault => new Fault('type', message);
/** Python's ValueError. */
export const valueFault = (message: string): Fault => new Fault('value', message);
/** Python's KeyError and IndexError. */
export const lookupFault = (message: string): Fault => new Fault('lookup', message);
/** More work or memory than a template may take. */
export const limitFault = (message: string): Fault => new Fault('limit', message);
/** What Python can do and this product does not. */
export const unsupportedFault = (message: string): Fault => new Fault('unsupported', message);

/** The kind of anything thrown here or by lib/python. */
export function kindOf(error: unknown): FaultKind {
  if (error instanceof Fault) return error.kind;
  if (error instanceof PyTypeError) return 'type';
  if (error instanceof PyValueError || error instanceof PyRegexError) return 'value';
  if (error instanceof PyIndexError) return 'lookup';
  if (error instanceof PyUnsupportedError) return 'unsupported';
  // Node reports an exhausted stack, and strings and bigints beyond its own bounds, by this class.
  if (error instanceof RangeError) return 'limit';
  return 'internal';
}

/** Runs work as Python's `try: ... except (kinds): fallback` would. */
export function attempt<T>(work: () => T, kinds: readonly FaultKind[], fallback: () => T): T {
  try {
    return work();
  } catch (error) {
    if (kinds.includes(kindOf(error))) return fallback();
    throw error;
  }
}

/** An error in the source, whose line the lexer or parser knows. */
export class SyntaxFault extends Fault {
  readonly line: number;
  constructor(message: string, line: number, kind: FaultKind = 'syntax') {
    super(kind, message);
    this.line = line;
  }
}
