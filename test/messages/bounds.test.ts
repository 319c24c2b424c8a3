import { expect, it } from 'vitest';
import { MAX_REASON_BYTES } from '../../lib/errors/bounds.ts';
import { MAX_BODY_BYTES, parseMessage } from '../../lib/messages/parse.ts';
import { sampleMessage } from '../../lib/messages/sample.ts';
import { failureOf } from '../../lib/queue/failure.ts';
import { errorOf } from '../helpers/error-of.ts';

const GOOD = { framework: 'lmeh', tasks: 't', requester_args: { address: 'a', service: 's' }, qty: 1 };
const long = 'k'.repeat(300_000);

it.each([
  ['250,000 wrong ids', { ...GOOD, blacklist: Array(250_000).fill('x') }, /and 249990 more are wrong\.$/],
  [
    '20,000 unknown keys',
    { ...GOOD, ...Object.fromEntries(Array.from({ length: 20_000 }, (_, i) => [`k${i}`, 1])) },
    /and 19980 more/,
  ],
  ['keys of 300 KB', { ...GOOD, [`${long}1`]: 1, [`${long}2`]: 2 }, /unknown keys "k+ … \(\d+ more bytes\)", "k+ …/],
  ['a text of 300 KB in place of a list', { ...GOOD, doc_ids: long }, /doc_ids/],
])('refuses a message with %s by a reason of at most 4 KB that says how much more is wrong', (_what, body, reason) => {
  const error = errorOf(() => parseMessage('sample', sampleMessage, JSON.stringify(body)));
  const { code, message } = failureOf(error);
  expect(code).toBe('BadMessage');
  expect(message).toMatch(reason);
  expect(Buffer.byteLength(message)).toBeLessThanOrEqual(MAX_REASON_BYTES);
});

it('refuses a body next to which a dead letter would have no room for its reason', () => {
  const body = (bytes: number) => JSON.stringify(GOOD).padEnd(bytes);
  expect(parseMessage('sample', sampleMessage, body(MAX_BODY_BYTES))).toMatchObject({ tasks: 't' });
  const error = errorOf(() => parseMessage('sample', sampleMessage, body(MAX_BODY_BYTES + 1)));
  expect(failureOf(error)).toMatchObject({
    code: 'BadMessage',
    permanent: true,
    message: expect.stringContaining('it has 1046529 bytes'),
  });
});

it('refuses a body of a megabyte that is no JSON by a short reason', () => {
  const error = errorOf(() => parseMessage('sample', sampleMessage, `{"${'x'.repeat(1024 ** 2)}`));
  expect(Buffer.byteLength(failureOf(error).message)).toBeLessThan(300);
});

it('holds the reason of what nobody foresaw to 4 KB', () => {
  const { code, message } = failureOf(new Error('x'.repeat(1e6)));
  expect(code).toBe('Unexpected');
  expect(Buffer.byteLength(message)).toBeLessThanOrEqual(MAX_REASON_BYTES);
});
