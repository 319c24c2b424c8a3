import type { Message } from '@aws-sdk/client-sqs';
import type { SQSEvent, SQSMessageAttribute, SQSRecord, SQSRecordAttributes } from 'aws-lambda';

/** The event that Lambda makes of received messages. */
export function toSqsEvent(messages: readonly Message[], queueArn: string): SQSEvent {
  return { Records: messages.map((message) => toRecord(message, queueArn)) };
}

function toRecord(message: Message, queueArn: string): SQSRecord {
  return {
    messageId: message.MessageId ?? '',
    receiptHandle: message.ReceiptHandle ?? '',
    body: message.Body ?? '',
    attributes: toAttributes(message.Attributes ?? {}),
    messageAttributes: Object.fromEntries(
      Object.entries(message.MessageAttributes ?? {}).map(([name, attribute]): [string, SQSMessageAttribute] => [
        name,
        {
          dataType: attribute.DataType ?? 'String',
          ...(attribute.StringValue === undefined ? {} : { stringValue: attribute.StringValue }),
          ...(attribute.BinaryValue === undefined
            ? {}
            : { binaryValue: Buffer.from(attribute.BinaryValue).toString('base64') }),
        },
      ]),
    ),
    md5OfBody: message.MD5OfBody ?? '',
    eventSource: 'aws:sqs',
    eventSourceARN: queueArn,
    awsRegion: queueArn.split(':')[3] ?? '',
  };
}

function toAttributes(attributes: Record<string, string>): SQSRecordAttributes {
  return {
    ...attributes,
    ApproximateReceiveCount: attributes['ApproximateReceiveCount'] ?? '1',
    SentTimestamp: attributes['SentTimestamp'] ?? '0',
    SenderId: attributes['SenderId'] ?? '',
    ApproximateFirstReceiveTimestamp: attributes['ApproximateFirstReceiveTimestamp'] ?? '0',
  };
}

/**
 * Which of a batch's messages a handler's answer calls failed, as Lambda reads it with `ReportBatchItemFailures`: nothing
 * and an empty list mean none; an answer of another form, or one that names unknown messages, means all of them.
 */
export function failedIds(answer: unknown, ids: readonly string[]): ReadonlySet<string> {
  if (answer === undefined || answer === null) return new Set();
  if (typeof answer !== 'object') return new Set(ids);
  if (!('batchItemFailures' in answer) || answer.batchItemFailures === null) return new Set();
  if (!Array.isArray(answer.batchItemFailures)) return new Set(ids);
  const failed = answer.batchItemFailures.map((item: unknown) =>
    typeof item === 'object' && item !== null && 'itemIdentifier' in item ? item.itemIdentifier : undefined,
  );
  const known = failed.filter((id) => typeof id === 'string' && ids.includes(id));
  return known.length === failed.length ? new Set(known.map(String)) : new Set(ids);
}
