import { isDict, type PyDict, type PyValue } from '../python/value.ts';

/** A service's envelope around a message: it is taken off where all about it is the service's own, else named. */
interface Envelope {
  /** Keys that none of our messages has, by which it is known. */
  readonly marks: readonly string[];
  /** All further keys that the service writes. */
  readonly others: readonly string[];
  /** Where the message is, and whether as text or as an object; undefined where it can't be taken out. */
  readonly message?: string;
  /** How to have it left out, as the end of a sentence. */
  readonly advice: string;
}

const ENVELOPES: readonly Envelope[] = [
  {
    marks: ['Type', 'TopicArn', 'Message'],
    others: [
      ...['MessageId', 'Subject', 'Timestamp', 'SignatureVersion', 'Signature', 'SigningCertURL', 'UnsubscribeURL'],
      ...['MessageAttributes', 'SequenceNumber'],
    ],
    message: 'Message',
    advice:
      'it is in an envelope of SNS; switch on "raw message delivery" (RawMessageDelivery) for the subscription of this queue',
  },
  {
    marks: ['detail-type', 'source', 'detail'],
    others: ['version', 'id', 'account', 'time', 'region', 'resources', 'replay-name'],
    message: 'detail',
    advice: 'it is in an envelope of EventBridge; give the target of the rule the input path "$.detail" (InputPath)',
  },
  {
    marks: ['Records'],
    others: [],
    advice: 'it is an event with Records, as Lambda or S3 make it; send what is in its body',
  },
];

/** The first item of what the extended client sends in place of a body that it put into S3. */
const EXTENDED_CLIENT = /PayloadS3Pointer$/;
const EXTENDED_ADVICE =
  'an extended client put its body into S3 and sent a pointer; send the body itself, which may have 1 MiB';

/**
 * The message inside an envelope of SNS or EventBridge (MESSAGE-14): its text, or the object. Undefined where the value is in none, or has
 * keys that the service does not write, so that it is not sure what is meant.
 */
export function unwrapped(value: PyDict): string | PyDict | undefined {
  const envelope = envelopeOf(value);
  if (envelope?.message === undefined) return undefined;
  const known = new Set<PyValue>([...envelope.marks, ...envelope.others]);
  const message = value.get(envelope.message);
  if (![...value.keys()].every((key) => known.has(key))) return undefined;
  return typeof message === 'string' || isDict(message) ? message : undefined;
}

/** Whose envelope a body is in and which switch takes it off, as the end of a sentence; null where it is in none. */
export function envelopeAdvice(value: PyValue): string | null {
  if (Array.isArray(value)) {
    const [first] = value;
    return typeof first === 'string' && EXTENDED_CLIENT.test(first) ? EXTENDED_ADVICE : null;
  }
  return (isDict(value) && envelopeOf(value)?.advice) || null;
}

function envelopeOf(value: PyDict): Envelope | undefined {
  return ENVELOPES.find(({ marks }) => marks.every((key) => value.has(key)));
}
