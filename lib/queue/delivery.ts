import type { SQSRecord } from 'aws-lambda';
import type { Logger } from '../log/log.ts';

/** The queues' `maxReceiveCount` (FAILURE-2). */
export const MAX_RECEIVES = 5;

/** Attributes that a message carries in the dead-letter queue, and back again. */
export const REQUEST_ID_ATTRIBUTE = 'request-id';
/** What an id of SQS looks like, and one that an emulator or an operator may use. */
const REQUEST_ID = /^[\w.:-]{1,100}$/;
/** When a message was first sent that others of its batch came before, in milliseconds since 1970: SQS counts anew. */
const FIRST_SENT_ATTRIBUTE = 'first-sent';
/** Says of a message that was put back that SQS gave it the id which it names, and no sender or operator. */
const ID_BY_SQS_ATTRIBUTE = 'id-by-sqs';
/** How many of its tries a message had used when it was put back: SQS counts anew. */
const TRIED_ATTRIBUTE = 'tried-before';
/** What a message carries that was put back; nothing of it holds any more once an operator sends it back. */
export const PUT_BACK_ATTRIBUTES: readonly string[] = [FIRST_SENT_ATTRIBUTE, ID_BY_SQS_ATTRIBUTE, TRIED_ATTRIBUTE];
/** Also says that a message was redriven. */
export const ERROR_CODE_ATTRIBUTE = 'error-code';

/** A delivered message. */
export interface Delivery {
  /** Who the message is, however often it is delivered, and also after it came back from the dead-letter queue. */
  readonly requestId: string;
  /** Its id as SQS delivers it. */
  readonly messageId: string;
  /** Whether it says itself who it is, so that its SQS id does not matter. */
  readonly named: boolean;
  /** Whether it names but the id that SQS gave it, as it was put back: it may still go on with what was begun for an equal one. */
  readonly putBack: boolean;
  readonly body: string;
  /** How often it was received, this time included, without what it was put back after untried. */
  readonly received: number;
  /** Whether it is to continue with what was abandoned: an operator sent it back from the dead-letter queue. */
  readonly redriven: boolean;
  /**
   * Set while nobody has looked who it is: whoever works on it finds out, before it leaves anything behind, whether it may be
   * another's, and throws {@link IdentityInDoubt}.
   */
  readonly unidentified?: true;
  readonly receiptHandle: string;
  /** When it was sent, in milliseconds since 1970. */
  readonly sentAt?: number | undefined;
  /** The group that its sender named, for whom it is (fair queues); it goes with the message wherever that is sent again. */
  readonly group?: string | undefined;
  readonly log: Logger;
}

/** A record of an event, and what it says about its message. */
export interface Arrived {
  readonly record: SQSRecord;
  readonly delivery: Delivery;
}

/** Whoever works on an unidentified delivery found that it may go on with what was begun for another; nothing was done. */
export class IdentityInDoubt extends Error {}

/** The attributes of a record's message that are text, as all of ours are. */
export function attributesOf({ messageAttributes }: SQSRecord): Record<string, string> {
  const pairs = Object.entries(messageAttributes).flatMap(([name, { stringValue }]) =>
    stringValue === undefined ? [] : [[name, stringValue] as const],
  );
  return Object.fromEntries(pairs);
}

/**
 * What a message is sent again with: what we have to know again comes first, as SQS takes ten attributes of a message, and then its
 * sender's.
 */
export function carried(
  record: SQSRecord,
  { requestId, received, named, putBack }: Pick<Delivery, 'requestId' | 'received' | 'named' | 'putBack'>,
): { readonly own: Readonly<Record<string, string>>; readonly all: Readonly<Record<string, string>> } {
  const attributes = attributesOf(record);
  const code = attributes[ERROR_CODE_ATTRIBUTE];
  const own = {
    [REQUEST_ID_ATTRIBUTE]: requestId,
    [FIRST_SENT_ATTRIBUTE]: String(firstSent(record)),
    ...(putBack || !named ? { [ID_BY_SQS_ATTRIBUTE]: 'true' } : {}),
    ...(received > 1 ? { [TRIED_ATTRIBUTE]: String(received - 1) } : {}),
    ...(code === undefined ? {} : { [ERROR_CODE_ATTRIBUTE]: code }),
  };
  return { own, all: { ...own, ...attributes, ...own } };
}

/** How many of its tries a message says that it has used: it may not say that there is none left. */
function triedBefore({ messageAttributes }: SQSRecord): number {
  const said = Number(messageAttributes[TRIED_ATTRIBUTE]?.stringValue);
  return said > 0 ? Math.min(Math.floor(said), MAX_RECEIVES - 1) : 0;
}

/** When a record's message was first sent, by what it says itself or else by SQS, in milliseconds since 1970. */
export function firstSent({ messageAttributes, attributes }: SQSRecord): number {
  const said = Number(messageAttributes[FIRST_SENT_ATTRIBUTE]?.stringValue);
  const sent = Number(attributes.SentTimestamp);
  return said > 0 && said < sent ? said : sent;
}

/** Reads what an event's record says about its message. */
export function toDelivery(record: SQSRecord, log: Logger): Delivery {
  const { messageId, messageAttributes, attributes, body, receiptHandle } = record;
  const given = messageAttributes[REQUEST_ID_ATTRIBUTE]?.stringValue;
  // Nothing else is one of ours, and any sender may write what it likes.
  const name = given !== undefined && REQUEST_ID.test(given) ? given : undefined;
  const requestId = name ?? messageId;
  return {
    requestId,
    messageId,
    named: name !== undefined,
    putBack: name !== undefined && messageAttributes[ID_BY_SQS_ATTRIBUTE] !== undefined,
    body,
    received: Number(attributes.ApproximateReceiveCount) + triedBefore(record),
    redriven: messageAttributes[ERROR_CODE_ATTRIBUTE] !== undefined,
    receiptHandle,
    sentAt: Number(attributes.SentTimestamp) || undefined,
    group: attributes.MessageGroupId,
    log: log.with({ requestId, messageId }),
  };
}
