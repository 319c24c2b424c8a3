import { BSON, Long } from 'mongodb';
import { expect, it } from 'vitest';
import { classify } from '../../lib/evaluate/classify.ts';
import { readBson } from '../../lib/evaluate/read-bson.ts';
import { repr } from '../../lib/python/repr.ts';
import { chatBody } from './answered-task.ts';

const PATH = '/v1/chat/completions';

it('calls a body that is no UTF-8 a bad one, and U+FFFD in a sound body sound', () => {
  const stored = (response: string) => Buffer.from(BSON.serialize({ ok: true, ms: 5, response }));
  const sound = stored(chatBody('\ufffd'));
  expect(classify(readBson(sound), PATH).failed).toBeNull();
  const broken = stored(chatBody('#'));
  broken[broken.indexOf('#')] = 0xff;
  expect(classify(readBson(broken), PATH).failed).toMatchObject({ code: 2 });
});

it.each([
  ['150', 150],
  [150.9, 150],
  [true, 1],
  [Long.fromNumber(7), 7],
])('reads a time of %s as Python does', (ms, expected) => {
  const response = readBson(BSON.serialize({ ok: true, ms, response: chatBody('x') }));
  expect(classify(response, PATH)).toMatchObject({ ms: expected, failed: null });
});

it.each([null, 'soon', Number.NaN])('fails a response whose time is %s', (ms) => {
  const response = readBson(BSON.serialize({ ok: true, ms, response: chatBody('x') }));
  expect(classify(response, PATH).failed).toMatchObject({ code: 2 });
});

it('reads documents as Python has them: ints and floats apart, keys in their order', () => {
  const document = new Map<string, unknown>([
    ['b', new BSON.Double(1)],
    ['1', new BSON.Int32(1)],
    ['0', [Long.fromNumber(2 ** 40), null, true, 'é']],
    ['when', new Date(0)],
  ]);
  expect(repr(new Map(readBson(BSON.serialize(document))))).toBe(
    "{'b': 1.0, '1': 1, '0': [1099511627776, None, True, 'é'], 'when': datetime.datetime(1970, 1, 1, 0, 0)}",
  );
});
