import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { columnNames, quoteName, quoteText, tableName } from '../../lib/tables/table.ts';

const MAX_BYTES = 63;

describe('table names', () => {
  it('are <path>--<name>, or <path>', () => {
    expect(tableName('gsm8k', 'main')).toBe('gsm8k--main');
    expect(tableName('hellaswag', null)).toBe('hellaswag');
  });

  it('of 63 bytes stay, longer ones end in a hash of all of it', () => {
    expect(tableName('a'.repeat(63), null)).toBe('a'.repeat(63));
    const long = tableName('a'.repeat(64), null);
    expect(long).toMatch(/^a{50}~[0-9a-f]{12}$/);
    expect(tableName('a'.repeat(64), null)).toBe(long);
    expect(tableName('a'.repeat(65), null)).not.toBe(long);
  });

  it('are never cut inside of a character', () => {
    const name = tableName('ä😀'.repeat(20), null);
    expect(name.isWellFormed()).toBe(true);
    expect(Buffer.byteLength(name)).toBeLessThanOrEqual(MAX_BYTES);
  });

  it('that would be another table of ours are refused', () => {
    expect(() => tableName('task_registry', null)).toThrow(/can't be the name/);
  });
});

describe('column names', () => {
  it('stay as they are where Postgres can have them', () => {
    const names = ['x', 'X', ' x ', 'a"b', 'select', 'a.b', 'd'.repeat(63)];
    expect(columnNames(names, 'd')).toEqual(names);
  });

  it('that are too long, empty or taken get another one, different from all others', () => {
    const other = columnNames([''], 'd')[0] ?? '';
    const names = ['', other, '__id', '__split', 'ctid', `${'d'.repeat(66)}1`, `${'d'.repeat(66)}2`];
    const columns = columnNames(names, 'd');
    expect(new Set(columns).size).toBe(names.length);
    expect(columns[1]).toBe(other);
    for (const column of columns) expect(column).not.toMatch(/^(|__id|__split|ctid)$/);
  });

  it('are unique and short enough for any names', () => {
    const name = fc.oneof(fc.string({ unit: 'grapheme', maxLength: 100 }), fc.constantFrom('', '__id', 'xmin'));
    fc.assert(
      fc.property(
        fc.uniqueArray(
          name.filter((text) => !text.includes('\0')),
          { maxLength: 30 },
        ),
        (names) => {
          const columns = columnNames(names, 'd');
          expect(new Set(columns).size).toBe(names.length);
          for (const column of columns) expect(Buffer.byteLength(column)).toBeLessThanOrEqual(MAX_BYTES);
        },
      ),
    );
  });

  it('that occur twice or hold NUL are refused', () => {
    expect(() => columnNames(['a', 'a'], 'd')).toThrow(/occurs twice/);
    expect(() => columnNames(['a\0'], 'd')).toThrow(/NUL/);
  });
});

it('names and texts are quoted so that nothing in them is SQL', () => {
  expect(quoteName('a"b')).toBe('"a""b"');
  expect(quoteText("a'b\\c")).toBe("E'a\\'b\\\\c'");
});
