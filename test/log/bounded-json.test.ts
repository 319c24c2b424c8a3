import fc from 'fast-check';
import { beforeEach, expect, it } from 'vitest';
import { boundedJson, MAX_LINE_BYTES } from '../../lib/log/bounded-json.ts';
import { Logger } from '../../lib/log/log.ts';
import { forgetSecrets, keepSecret } from '../../lib/log/secrets.ts';

beforeEach(forgetSecrets);

/** The line that the logger writes of it. */
function lineOf(fields: Record<string, unknown>, message = 'failed'): string {
  const lines: string[] = [];
  new Logger('info', {}, (line) => lines.push(line)).with({ requestId: 'r1' }).error(message, fields);
  return lines.join('\n');
}

function nested(depth: number, inner: unknown): unknown {
  let value = inner;
  for (let i = 0; i < depth; i++) value = i % 2 ? [value] : { value };
  return value;
}

function causes(count: number): Error {
  let error = new Error('x'.repeat(3000));
  for (let i = 0; i < count; i++) error = new Error(`level ${i} ${'y'.repeat(3000)}`, { cause: error });
  return error;
}

it.each([
  ['a text of 20 MB', { error: 'e'.repeat(20e6) }],
  ['a text of control characters', { error: '\u0001'.repeat(1e6) }],
  ['many long texts', Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`key ${i}`, 'x'.repeat(5000)]))],
  ['keys of a megabyte', { context: { ['k'.repeat(1e6)]: 1, ['l'.repeat(1e6)]: { ['m'.repeat(1e6)]: 2 } } }],
  ['a million items', { ids: Array.from({ length: 1e6 }, (_, i) => i) }],
  ['nesting of 5,000 levels', { value: nested(5000, 'deep') }],
  [
    'wide nesting',
    { value: Array.from({ length: 100 }, () => Array.from({ length: 100 }, () => ({ a: 'x'.repeat(50) }))) },
  ],
  ['200 causes', { error: causes(200) }],
  [
    'a map and a set of many',
    { map: new Map(Array.from({ length: 1e5 }, (_, i) => [i, i])), set: new Set('x'.repeat(9)) },
  ],
  ['bytes', { bytes: new Uint8Array(5e6) }],
  ['a number of a million digits', { number: 10n ** 5000n }],
])('holds a line with %s to 16 KB, still naming what happened and to whom', (_what, fields) => {
  const line = lineOf(fields);
  expect(Buffer.byteLength(line)).toBeLessThanOrEqual(MAX_LINE_BYTES);
  expect(JSON.parse(line)).toMatchObject({ level: 'ERROR', message: 'failed', requestId: 'r1' });
});

it('holds a line to 16 KB whose message is too long, and says so', () => {
  const line = lineOf({}, 'm'.repeat(1e6));
  expect(Buffer.byteLength(line)).toBeLessThanOrEqual(MAX_LINE_BYTES);
  expect(JSON.parse(line).message).toMatch(/^m+ … \(\d+ more bytes\)$/);
});

it('is JSON of at most 16 KB, whatever the value', () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.string(), fc.anything({ withBigInt: true, withMap: true, withSet: true })),
      (value) => {
        const line = boundedJson(value);
        expect(Buffer.byteLength(line)).toBeLessThanOrEqual(MAX_LINE_BYTES);
        expect(() => JSON.parse(line)).not.toThrow();
      },
    ),
  );
});

it('writes what fits as JSON.stringify does', () => {
  const json = fc.dictionary(fc.string({ maxLength: 20 }), fc.jsonValue({ maxDepth: 3 }), { maxKeys: 5 });
  const holds = fc.property(json, (value) => {
    expect(JSON.parse(boundedJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
  });
  fc.assert(holds);
});

it('masks a password that lies across the cut', () => {
  keepSecret('correct horse battery staple');
  for (let before = 5900; before < 6030; before++) {
    const line = lineOf({ error: `${'x'.repeat(before)}correct horse battery staple${'y'.repeat(3000)}` });
    expect(line).not.toContain('correct');
  }
});
