import { expect, it } from 'vitest';
import { failedIds, toSqsEvent } from '../../localstack/sqs-event.ts';

const IDS = ['a', 'b', 'c'];

it.each([
  ['nothing', undefined],
  ['null', null],
  ['an object without the list', {}],
  ['a list that is null', { batchItemFailures: null }],
  ['an empty list', { batchItemFailures: [] }],
])('reads %s as success of the whole batch', (_what, answer) => {
  expect([...failedIds(answer, IDS)]).toEqual([]);
});

it('reads the listed messages as failed, and no others', () => {
  const answer = { batchItemFailures: [{ itemIdentifier: 'b' }, { itemIdentifier: 'c' }] };
  expect([...failedIds(answer, IDS)]).toEqual(['b', 'c']);
});

it.each([
  ['text', 'done'],
  ['a list of another form', { batchItemFailures: 'b' }],
  ['an unknown message', { batchItemFailures: [{ itemIdentifier: 'z' }] }],
  ['an empty name', { batchItemFailures: [{ itemIdentifier: '' }] }],
  ['an entry without a name', { batchItemFailures: [{}] }],
])('reads %s as failure of the whole batch', (_what, answer) => {
  expect([...failedIds(answer, IDS)]).toEqual(IDS);
});

it('makes the record that Lambda makes of a message', () => {
  const message = {
    MessageId: 'm',
    ReceiptHandle: 'r',
    Body: '{}',
    MD5OfBody: 'x',
    Attributes: { ApproximateReceiveCount: '2', SentTimestamp: '5' },
    MessageAttributes: {
      text: { DataType: 'String', StringValue: 'v' },
      bytes: { DataType: 'Binary', BinaryValue: new Uint8Array([1, 2]) },
    },
  };
  expect(toSqsEvent([message], 'arn:aws:sqs:eu-west-1:1:q').Records).toEqual([
    {
      messageId: 'm',
      receiptHandle: 'r',
      body: '{}',
      attributes: {
        ApproximateReceiveCount: '2',
        SentTimestamp: '5',
        SenderId: '',
        ApproximateFirstReceiveTimestamp: '0',
      },
      messageAttributes: {
        text: { dataType: 'String', stringValue: 'v' },
        bytes: { dataType: 'Binary', binaryValue: 'AQI=' },
      },
      md5OfBody: 'x',
      eventSource: 'aws:sqs',
      eventSourceARN: 'arn:aws:sqs:eu-west-1:1:q',
      awsRegion: 'eu-west-1',
    },
  ]);
});
