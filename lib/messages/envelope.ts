import type { PyDict } from '../python/value.ts';

/** Envelopes of services that send to SQS, by keys that none of our messages has, and how to have them left out. */
const ENVELOPES: readonly { keys: readonly string[]; advice: string }[] = [
  {
    keys: ['Type', 'TopicArn', 'Message'],
    advice:
      'it is in an envelope of SNS; switch on "raw message delivery" (RawMessageDelivery) for the subscription of this queue',
  },
  {
    keys: ['detail-type', 'source', 'detail'],
    advice: 'it is in an envelope of EventBridge; give the target of the rule the input path "$.detail" (InputPath)',
  },
  {
    keys: ['Records'],
    advice: 'it is an event with Records, as Lambda or S3 make it; send what is in its body',
  },
];

/** Whose envelope a message is in and which switch takes it off, as the end of a sentence; null where it is in none. */
export function envelopeOf(message: PyDict): string | null {
  return ENVELOPES.find(({ keys }) => keys.every((key) => message.has(key)))?.advice ?? null;
}
