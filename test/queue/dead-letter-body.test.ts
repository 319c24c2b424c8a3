import { expect, it } from 'vitest';
import { deadLetterBody, MAX_MESSAGE_BYTES } from '../../lib/queue/dead-letter-body.ts';

const MIB = MAX_MESSAGE_BYTES;
const room = (body: string) => MIB - Buffer.byteLength(body);

it('leaves a body as it is that has room next to it', () => {
  const body = `{ "a": [1,  2] }${' '.repeat(1000)}`;
  expect(deadLetterBody(body, true)).toBe(body);
});

it('leaves white space of JSON out where there is no room else, but none of a text', () => {
  const value = { text: 'a  "b\\" \n c', list: Array(120_000).fill(12345) };
  const body = JSON.stringify(value, null, 1).padEnd(MIB);
  const dead = deadLetterBody(body, false);
  expect(JSON.parse(dead)).toEqual(value);
  expect(room(dead)).toBeGreaterThan(1500);
});

it.each([
  ['no JSON', 'x'.repeat(MIB)],
  ['no JSON, with quotes without end', '"\\'.repeat(MIB / 2)],
  ['JSON without white space', JSON.stringify('é'.repeat(MIB / 2 - 1))],
])('cuts the end of a hopeless body of a mebibyte, and says so: %s', (_what, body) => {
  const dead = deadLetterBody(body, true);
  expect(room(dead)).toBeGreaterThan(1500);
  expect(dead).toMatch(/ … \(\d+ more bytes\)$/);
});

it('keeps all of a body that a redrive may need', () => {
  const body = JSON.stringify('x'.repeat(MIB - 2));
  expect(deadLetterBody(body, false)).toBe(body);
});
