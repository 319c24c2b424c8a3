import type { PyValue } from '../../python/value.ts';
import { isTimestamp, toTimestamp } from './timestamp.ts';

/** The YAML 1.1 types that a plain scalar can have, or be tagged with. */
export type ScalarTag = 'null' | 'bool' | 'int' | 'float' | 'str' | 'timestamp' | 'merge' | 'value';

const BOOL = /^(?:yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF)$/;
const INT =
  /^(?:[-+]?0b[0-1_]+|[-+]?0[0-7_]+|[-+]?(?:0|[1-9][0-9_]*)|[-+]?0x[0-9a-fA-F_]+|[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+)$/;
const FLOAT =
  /^(?:[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/;
const NULLS = new Set(['~', 'null', 'Null', 'NULL', '']);
const TRUE_WORDS = new Set(['yes', 'true', 'on']);
const FALSE_WORDS = new Set(['no', 'false', 'off']);
const PLAIN_FLOAT = /^(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?$/;
/** More digits Python refuses to read as an int. */
const MAX_INT_DIGITS = 4300;

/**
 * The type that PyYAML's resolvers give a plain scalar: YAML 1.1, where `on` is a bool, `010` is eight, `1:30` is ninety,
 * `1e5` is text (a float needs a dot and its exponent a sign), and `y` and `n` are text.
 */
export function resolvePlain(text: string): ScalarTag {
  if (NULLS.has(text)) return 'null';
  const first = text.charCodeAt(0);
  const numeric = first <= 0x39 && (first >= 0x30 || first === 0x2b || first === 0x2d || first === 0x2e);
  if (numeric) {
    if (FLOAT.test(text)) return 'float';
    if (INT.test(text)) return 'int';
    return isTimestamp(text) ? 'timestamp' : 'str';
  }
  if (text.length <= 5 && BOOL.test(text)) return 'bool';
  if (text === '<<') return 'merge';
  return text === '=' ? 'value' : 'str';
}

/**
 * The scalar as PyYAML's `SafeConstructor` makes it, or undefined where that fails (`!!int x`, the 31st of February).
 * Merge keys and `=` have no value of their own.
 */
export function constructScalar(tag: ScalarTag, text: string): PyValue | undefined {
  if (tag === 'str') return text;
  if (tag === 'null') return null;
  if (tag === 'bool') return toBool(text.toLowerCase());
  if (tag === 'int') return toInt(text.replaceAll('_', ''));
  if (tag === 'float') return toFloat(text.replaceAll('_', '').toLowerCase());
  return tag === 'timestamp' ? (toTimestamp(text) ?? undefined) : undefined;
}

function toBool(word: string): boolean | undefined {
  if (TRUE_WORDS.has(word)) return true;
  return FALSE_WORDS.has(word) ? false : undefined;
}

function toInt(signed: string): bigint | undefined {
  const text = signed.replace(/^[-+]/, '');
  const value = magnitude(text);
  return value !== undefined && signed.startsWith('-') ? -value : value;
}

function magnitude(text: string): bigint | undefined {
  if (text.length > MAX_INT_DIGITS) return undefined;
  if (/^0b[01]+$/.test(text) || /^0x[0-9a-fA-F]+$/.test(text)) return BigInt(text);
  if (/^0[0-7]+$/.test(text)) return BigInt(`0o${text.slice(1)}`);
  if (/^[1-9]\d*(:\d+)+$/.test(text)) return text.split(':').reduce((sum, part) => sum * 60n + BigInt(part), 0n);
  return /^(0|[1-9]\d*)$/.test(text) ? BigInt(text) : undefined;
}

function toFloat(signed: string): number | undefined {
  const sign = signed.startsWith('-') ? -1 : 1;
  const text = signed.replace(/^[-+]/, '');
  if (text === '.inf') return sign * Infinity;
  if (text === '.nan') return Number.NaN;
  const parts = text.split(':').toReversed();
  if (!parts.every((part) => PLAIN_FLOAT.test(part))) return undefined;
  if (parts.length === 1) return sign * Number(text);
  let value = 0;
  let base = 1;
  for (const part of parts) {
    value += Number(part) * base;
    base *= 60;
  }
  return sign * value;
}
