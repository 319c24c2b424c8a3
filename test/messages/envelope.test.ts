import { expect, it } from 'vitest';
import { parseMessage } from '../../lib/messages/parse.ts';
import { registerMessage } from '../../lib/messages/register.ts';
import { sampleMessage } from '../../lib/messages/sample.ts';
import { errorOf } from '../helpers/error-of.ts';

const GOOD = { framework: 'lmeh', tasks: 't', requester_args: { address: 'a', service: 's' }, qty: 1 };

const SNS = { Type: 'Notification', MessageId: 'm', TopicArn: 'arn:aws:sns:x', Message: JSON.stringify(GOOD) };
const EVENT = { version: '0', id: 'i', 'detail-type': 'x', source: 'y', detail: GOOD };
const read = (body: unknown) => parseMessage('sample', sampleMessage, JSON.stringify(body));

it.each([
  ['SNS', { ...SNS, Timestamp: 't', Signature: 's', MessageAttributes: {} }],
  ['EventBridge', { ...EVENT, account: '1', resources: [] }],
])("a message in an envelope of %s is the message inside, where all else is the service's own", (_who, body) => {
  expect(read(body)).toEqual(read(GOOD));
});

it('what is wrong inside an envelope is reported as if it came without', () => {
  const reason = (body: unknown) => errorOf(() => read(body)).message;
  expect(reason({ ...EVENT, detail: { ...GOOD, qty: 'x' } })).toBe(reason({ ...GOOD, qty: 'x' }));
  expect(reason({ ...SNS, Message: 'hello' })).toMatch(/not JSON/);
  expect(reason({ ...SNS, Message: '[1]' })).toMatch(/must be a JSON object/);
});

it.each<[string, unknown, RegExp]>([
  ['SNS with a key of its own', { ...SNS, qty: 1 }, /SNS; .*"raw message delivery"/],
  ['SNS without text', { ...SNS, Message: 5 }, /SNS; .*"raw message delivery"/],
  ['SNS in SNS', { ...SNS, Message: JSON.stringify(SNS) }, /SNS; .*"raw message delivery"/],
  ['EventBridge with a key of its own', { ...EVENT, tasks: 't' }, /EventBridge; .*"\$\.detail"/],
  ['Lambda', { Records: [{ body: JSON.stringify(GOOD) }] }, /Records.*send what is in its body/],
  [
    'an extended client',
    ['software.amazon.payloadoffloading.PayloadS3Pointer', { s3BucketName: 'b', s3Key: 'k' }],
    /extended client.*send the body itself/,
  ],
])('names the switch to turn where a message is in an envelope of %s', (_who, body, advice) => {
  for (const schema of [sampleMessage, registerMessage]) {
    const error = errorOf(() => parseMessage('sample', schema, JSON.stringify(body)));
    expect(error).toMatchObject({ code: 'BadMessage', message: expect.stringMatching(advice) });
    expect(error.message).not.toContain('unknown');
  }
});

it.each([
  ['a value', { Authorization: 'Bearer hunter2\r\nX-Admin: 1' }],
  ['a value with a line feed', { a: 'b\nc' }],
  ['a value with NUL', { a: 'b\0c' }],
  ['a name', { 'a\r\nb': 'c' }],
])('refuses headers with a line break in %s, without showing it', (_where, headers) => {
  const body = { ...GOOD, requester_args: { ...GOOD.requester_args, headers } };
  const error = errorOf(() => parseMessage('sample', sampleMessage, JSON.stringify(body)));
  expect(error.message).toMatch(/requester_args\.headers: must not hold a line break/);
  expect(error.message).not.toContain('hunter2');
});

it.each([
  ['method', 'GET /other HTTP/1.1\r\nX-Admin: 1'],
  ['address', 'a.example\nb'],
  ['service', 'code\0'],
])('refuses a line break or NUL in %s, which a Requester would send as a header of its own', (key, value) => {
  const body = { ...GOOD, requester_args: { ...GOOD.requester_args, [key]: value } };
  const error = errorOf(() => parseMessage('sample', sampleMessage, JSON.stringify(body)));
  expect(error).toMatchObject({ code: 'BadMessage', permanent: true });
  expect(error.message).toContain(`requester_args.${key}: must not hold a line break or NUL`);
});
