import { ChangeMessageVisibilityCommand, type SQSClient } from '@aws-sdk/client-sqs';
import * as z from 'zod';
import { QUEUE_URL_VARIABLES, QUEUES } from './names.ts';

const inspection = z.object({
  messages: z.object({ inflight: z.array(z.object({ receiptHandle: z.string() })) }),
});

/**
 * Puts messages back that were in work when the last run ended: nobody works on them any more, and their visibility
 * time-out may last an hour. Uses the emulator's own page about a queue. Call it before anything polls.
 */
export async function releaseInFlight(sqs: SQSClient, env: Readonly<Record<string, string>>): Promise<void> {
  for (const queue of QUEUES) {
    const url = new URL(env[QUEUE_URL_VARIABLES[queue]] ?? '');
    const response = await fetch(`${url.origin}/_fauxqs/queues/${url.pathname.split('/').at(-1)}`);
    const { messages } = inspection.parse(await response.json());
    for (const { receiptHandle } of messages.inflight) {
      const command = new ChangeMessageVisibilityCommand({
        QueueUrl: url.href,
        ReceiptHandle: receiptHandle,
        VisibilityTimeout: 0,
      });
      await sqs.send(command);
    }
  }
}
