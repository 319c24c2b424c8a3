import type {
  ChangeMessageVisibilityBatchCommandInput,
  DeleteMessageBatchCommandInput,
  DeleteMessageBatchResult,
  GetQueueAttributesCommandInput,
  GetQueueAttributesResult,
  ReceiveMessageCommandInput,
  ReceiveMessageResult,
} from '@aws-sdk/client-sqs';
import * as z from 'zod';

/**
 * The calls that whoever polls a queue makes. The SDK's `SQS` has them, for any SQS; those of an emulator in this process come
 * from `callsWithin`.
 */
export interface QueueCalls {
  getQueueAttributes(input: GetQueueAttributesCommandInput): Promise<GetQueueAttributesResult>;
  receiveMessage(input: ReceiveMessageCommandInput): Promise<ReceiveMessageResult>;
  deleteMessageBatch(input: DeleteMessageBatchCommandInput): Promise<Partial<Pick<DeleteMessageBatchResult, 'Failed'>>>;
  changeMessageVisibilityBatch(input: ChangeMessageVisibilityBatchCommandInput): Promise<unknown>;
}

/** Answers a call of SQS by its action, both in the form of its JSON protocol; throws what it refuses. */
export type AnswerCall = (action: string, input: object) => Promise<unknown>;

const text = z.string();
const attribute = z.object({
  DataType: text,
  StringValue: text.optional(),
  // Bytes are base64 in the protocol, and bytes for those who call.
  BinaryValue: text.transform((base64) => Uint8Array.from(Buffer.from(base64, 'base64'))).optional(),
});
const attributesAnswer = z.object({ Attributes: z.record(text, text).optional() });
const received = z.object({
  Messages: z
    .array(
      z.object({
        MessageId: text,
        ReceiptHandle: text,
        MD5OfBody: text,
        Body: text,
        MD5OfMessageAttributes: text.optional(),
        Attributes: z.record(text, text).optional(),
        MessageAttributes: z.record(text, attribute).optional(),
      }),
    )
    .optional(),
});
const deleted = z.object({ Failed: z.array(z.object({ Id: text, Code: text, SenderFault: z.boolean() })).optional() });

/**
 * The calls of an SQS that is served by this process: answered by what answers all others, but without a connection, a signature and
 * what else the SDK adds, which costs several times what is asked for.
 */
export function callsWithin(answer: AnswerCall): QueueCalls {
  return {
    getQueueAttributes: async (input) => attributesAnswer.parse(await answer('GetQueueAttributes', input)),
    receiveMessage: async (input) => received.parse(await answer('ReceiveMessage', input)),
    deleteMessageBatch: async (input) => deleted.parse(await answer('DeleteMessageBatch', input)),
    changeMessageVisibilityBatch: (input) => answer('ChangeMessageVisibilityBatch', input),
  };
}
