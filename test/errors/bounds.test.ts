import fc from 'fast-check';
import { expect, it } from 'vitest';
import { cutTo, firstBytes, listed, MAX_REASON_BYTES } from '../../lib/errors/bounds.ts';
import { PermanentError } from '../../lib/errors/errors.ts';

it('leaves what fits as it is, and cuts all else to at most the bytes wanted, between characters', () => {
  const texts = fc.string({ unit: 'binary', maxLength: 300 });
  fc.assert(
    fc.property(texts, fc.integer({ min: 60, max: 400 }), (text, bytes) => {
      const cut = cutTo(text, bytes);
      expect(Buffer.byteLength(cut)).toBeLessThanOrEqual(bytes);
      if (Buffer.byteLength(text) <= bytes) expect(cut).toBe(text);
      else expect(cut).toMatch(/ … \(\d+ more bytes\)$/);
      expect(text.startsWith(cut.replace(/ … \(\d+ more bytes\)$/, ''))).toBe(true);
    }),
  );
});

it('says how many bytes are left out', () => {
  const cut = cutTo('ü'.repeat(1000), 100);
  const kept = cut.replace(/ … .*/, '');
  expect(cut).toContain(`(${2000 - Buffer.byteLength(kept)} more bytes)`);
});

it('leaves an address out whole where it would be cut, as its password could no longer be recognized', () => {
  const text = `${'x'.repeat(50)} postgres://user:${'s3cret'.repeat(20)}@host/db`;
  expect(cutTo(text, 150)).toMatch(/^x{50} {2}… \(\d+ more bytes\)$/);
});

it.each([
  ['', 5, ''],
  ['abc', 0, ''],
  ['abc', -1, ''],
  ['aüb', 2, 'a'],
  ['aüb', 3, 'aü'],
  ['a😀', 4, 'a'],
  ['a😀', 5, 'a😀'],
  ['a😀', 500, 'a😀'],
])('the beginning of a text has no half character: %j in %i bytes', (text, bytes, beginning) => {
  expect(firstBytes(text, bytes)).toBe(beginning);
});

it('names the first of many things, each of them cut', () => {
  expect(listed(['a', 'b'], 2)).toBe('a, b');
  expect(listed(['a', 'b', 'c', 'd'], 2)).toBe('a, b, and 2 more');
  expect(Buffer.byteLength(listed(['k'.repeat(1e6)], 5))).toBeLessThanOrEqual(200);
});

it('holds the message of every error to 4 KB', () => {
  const { message } = new PermanentError('BadMessage', 'x'.repeat(1e6));
  expect(Buffer.byteLength(message)).toBeLessThanOrEqual(MAX_REASON_BYTES);
  expect(message).toMatch(/more bytes\)$/);
});
