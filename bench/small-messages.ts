import { SendMessageBatchCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { ShapeName } from './questions.ts';

/** Documents asked, as the Manager asks them all day. */
export const QTY = 2;

/** What requests have in common. */
export interface Mix {
  readonly name: string;
  /** Asked in turn; each shape of rows with the tasks that are asked of it. */
  readonly tasks: readonly { readonly task: string; readonly shape: ShapeName }[];
  /** Requests one after the other that are sent the same seed, and with it asked the same documents of a task. */
  readonly alike: number;
}

/** One task, and all suppliers of one run of the Manager are sent the same seed. */
export const ALIKE: Mix = {
  name: 'of gsm8k, a hundred suppliers at a time the same',
  tasks: [{ task: 'gsm8k', shape: 'gsm8k' }],
  alike: 100,
};
/** No two that can share what was made for the other: documents, worked examples and prompts are drawn for each. */
export const DIFFERENT: Mix = {
  name: 'of four tasks in turn, each with documents of its own',
  tasks: [
    { task: 'gsm8k', shape: 'gsm8k' },
    { task: 'mmlu_high_school_macroeconomics_generative', shape: 'mmlu' },
    { task: 'gsm8k_cot_zeroshot', shape: 'gsm8k' },
    { task: 'mmlu_astronomy_generative', shape: 'mmlu' },
  ],
  alike: 1,
};
/** Marks what this run sent. */
export const RUN = `bench-small-${process.pid}`;
const ENTRIES = 10;

/** The body of request `n`, for a supplier of its own. */
export function messageOf(kind: string, n: number, { tasks, alike }: Mix = ALIKE): string {
  return JSON.stringify({
    framework: 'lmeh',
    tasks: tasks[n % tasks.length]?.task,
    requester_args: { address: addressOf(kind, n), service: RUN },
    blacklist: [],
    qty: QTY,
    random_seed: Math.floor(n / alike),
  });
}

/** The supplier of request `n`. */
export function addressOf(kind: string, n: number | ''): string {
  return `${RUN}-${kind}-${n}`;
}

/** Sends so many requests, ten in a call. */
export async function send(sqs: SQSClient, count: number, kind: string, mix: Mix): Promise<void> {
  const QueueUrl = process.env['SAMPLE_QUEUE_URL'];
  for (let n = 0; n < count; n += ENTRIES) {
    const Entries = Array.from({ length: Math.min(ENTRIES, count - n) }, (_, i) => ({
      Id: String(i),
      MessageBody: messageOf(kind, n + i, mix),
    }));
    await sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries }));
  }
}
