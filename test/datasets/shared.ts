import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ColumnType } from '../../lib/parquet/column-type.ts';
import { PyOpaque, PyTuple, type PyValue } from '../../lib/python/value.ts';

/** Next to the repository: example data that is not part of it. Tests that need it skip without it. */
export const SHARED = join(import.meta.dirname, '..', '..', '..', 'shared');
export const sharedAvailable = existsSync(join(SHARED, 'data', 'nasty', 'MANIFEST.md'));
export const NASTY = join(SHARED, 'data', 'nasty');
export const READABLE = [
  '01_zstd_delta_v2',
  '02_gzip_plain_v1',
  '04_lz4raw_dict_many_rowgroups',
  '05_snappy_nested_v2',
  '07_ints_decimals_times',
  '09_all_null',
  '10_empty_table',
  '12_column_names',
];

/** The expected rows of a nasty file: column name and value, in order. */
export function expectedRows(name: string): unknown[] {
  const text = readFileSync(join(NASTY, `${name}.jsonl`), 'utf8');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}

/** A value in the notation of the nasty files' expectations (MANIFEST.md next to them). */
export function plain(type: ColumnType, value: PyValue): unknown {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (value instanceof PyTuple) throw new Error('a tuple outside of a map');
  if (value instanceof PyOpaque) return plainOpaque(type, value);
  if (Array.isArray(value)) {
    if (type.kind === 'list') return value.map((item) => plain(type.item, item));
    if (type.kind !== 'map') throw new Error(`a list as ${type.kind}`);
    return value.map((pair) => {
      if (!(pair instanceof PyTuple)) throw new Error('a map whose items are no tuples');
      return [plain(type.key, pair.items[0] ?? null), plain(type.value, pair.items[1] ?? null)];
    });
  }
  if (type.kind !== 'struct') throw new Error(`a dict as ${type.kind}`);
  return Object.fromEntries(type.fields.map((field) => [field.name, plain(field.type, value.get(field.name) ?? null)]));
}

function plainOpaque(type: ColumnType, value: PyOpaque): unknown {
  if (type.kind === 'bytes' && value.bson instanceof Uint8Array)
    return { $bytes: Buffer.from(value.bson).toString('base64') };
  if (type.kind === 'decimal') return fixed(value.str, type.scale);
  const [date = '', time = ''] = value.str.replace('+00:00', '').split(' ');
  if (type.kind === 'timestamp') return `${date}T${time}${type.utc ? 'Z' : ''}`;
  return value.str;
}

/** A decimal's text with all digits of its scale. */
function fixed(text: string, scale: number): string {
  const [mantissa = '', exponent = '0'] = text.replace('-', '').split('E');
  const [whole = '', fraction = ''] = mantissa.split('.');
  const unscaled = BigInt(whole + fraction) * 10n ** BigInt(scale - fraction.length + Number(exponent));
  const digits = String(unscaled).padStart(scale + 1, '0');
  return `${text.startsWith('-') ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

/** Leaves off the zeros at the end of a time's fraction: Python does, the expectations have all of the column's digits. */
export function withoutTrailingZeros(value: unknown): unknown {
  if (typeof value === 'string' && /^(\d{4}-\d\d-\d\dT)?\d\d:\d\d:\d\d(\.\d+)?Z?$/.test(value)) {
    return value.replace(/\.(\d*?)0+(Z?)$/, (_, digits, zone) => (digits === '' ? zone : `.${digits}${zone}`));
  }
  return value;
}
