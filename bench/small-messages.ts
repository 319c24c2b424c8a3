import { SendMessageBatchCommand, type SQSClient } from '@aws-sdk/client-sqs';

/** What is asked, as the Manager asks it all day. */
export const TASK = 'gsm8k';
export const QTY = 2;
/** Marks what this run sent. */
export const RUN = `bench-small-${process.pid}`;
/** All suppliers of one run of the Manager are sent the same seed, and with it asked the same documents. */
const SUPPLIERS_OF_A_RUN = 100;
const ENTRIES = 10;

/** The body of request `n`, for a supplier of its own. */
export function messageOf(kind: string, n: number): string {
  return JSON.stringify({
    framework: 'lmeh',
    tasks: TASK,
    requester_args: { address: addressOf(kind, n), service: RUN },
    blacklist: [],
    qty: QTY,
    random_seed: Math.floor(n / SUPPLIERS_OF_A_RUN),
  });
}

/** The supplier of request `n`. */
export function addressOf(kind: string, n: number | ''): string {
  return `${RUN}-${kind}-${n}`;
}

/** Sends so many requests, ten in a call. */
export async function send(sqs: SQSClient, count: number, kind: string): Promise<void> {
  const QueueUrl = process.env['SAMPLE_QUEUE_URL'];
  for (let n = 0; n < count; n += ENTRIES) {
    const Entries = Array.from({ length: Math.min(ENTRIES, count - n) }, (_, i) => ({
      Id: String(i),
      MessageBody: messageOf(kind, n + i),
    }));
    await sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries }));
  }
}
