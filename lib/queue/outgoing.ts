import { firstBytes } from '../errors/bounds.ts';
import { MAX_MESSAGE_BYTES } from './dead-letter-body.ts';

/** SQS takes this many messages in one call, and this many bytes in all. */
export const MAX_BATCH = 10;
const MAX_BATCH_BYTES = 256 * 1024;

/** SQS takes this many attributes of a message. */
const MAX_ATTRIBUTES = 10;

const STRING = 'String';

/** One message to be sent, and what it carries. */
export interface Outgoing {
  readonly body: string;
  readonly group?: string | undefined;
  readonly attributes?: Readonly<Record<string, string>>;
  /** After how many seconds it is delivered. */
  readonly seconds?: number;
}

/** Whether a message may have these attributes as they are beside its body. */
export function hasRoomFor(body: string, attributes: Readonly<Record<string, string>>): boolean {
  return bytesOf({ body, attributes }) <= MAX_MESSAGE_BYTES;
}

/** A message as SQS takes it: of its attributes the first ones, what has room beside the body. */
export function contents({ body, group, attributes = {}, seconds = 0 }: Outgoing) {
  const first = inOrder(attributes).slice(0, MAX_ATTRIBUTES);
  const entries = fitting(first, MAX_MESSAGE_BYTES - Buffer.byteLength(body));
  const MessageAttributes = Object.fromEntries(
    entries.map(([name, StringValue]) => [name, { DataType: STRING, StringValue }]),
  );
  return {
    MessageBody: body,
    ...(group === undefined ? {} : { MessageGroupId: group }),
    ...(entries.length === 0 ? {} : { MessageAttributes }),
    ...(seconds > 0 ? { DelaySeconds: seconds } : {}),
  };
}

/** Attributes in their order. JavaScript puts keys first that look like a place in a list, which are a sender's and never ours. */
function inOrder(attributes: Readonly<Record<string, string>>): [name: string, value: string][] {
  const isPlace = ([name]: [string, string]) => (/^\d+$/.test(name) ? 1 : 0);
  return Object.entries(attributes).sort((a, b) => isPlace(a) - isPlace(b));
}

/** Messages in calls of SQS: as many in each as it takes. */
export function* batches<Message extends Outgoing>(messages: readonly Message[]): Generator<Message[]> {
  let batch: Message[] = [];
  let bytes = 0;
  for (const message of messages) {
    const size = bytesOf(message);
    if (batch.length === MAX_BATCH || (batch.length > 0 && bytes + size > MAX_BATCH_BYTES)) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(message);
    bytes += size;
  }
  if (batch.length > 0) yield batch;
}

function bytesOf({ body, attributes = {} }: Outgoing): number {
  const sizes = Object.entries(attributes).map(
    ([name, value]) => name.length + STRING.length + Buffer.byteLength(value),
  );
  return sizes.reduce((sum, size) => sum + size, Buffer.byteLength(body));
}

function fitting(attributes: readonly [name: string, value: string][], bytes: number): [string, string][] {
  let left = bytes;
  return attributes.flatMap(([name, value]) => {
    const room = left - name.length - STRING.length;
    const cut = firstBytes(sendable(value), room);
    left = room - Buffer.byteLength(cut);
    return cut === '' ? [] : [[name, cut]];
  });
}

/** SQS refuses control characters and half surrogate pairs in attributes. */
function sendable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what SQS refuses
  return text.toWellFormed().replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '?');
}
