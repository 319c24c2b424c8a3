import { type DeadLetter, DeadLetters } from '../../lib/operator/dead-letters.ts';
import { UsageError } from './exit.ts';
import { withSession } from './session.ts';

const QUEUES = ['register', 'sample', 'shard', 'evaluate'] as const;
type QueueName = (typeof QUEUES)[number];
const SETTINGS = {
  register: 'registerQueueUrl',
  sample: 'sampleQueueUrl',
  shard: 'shardQueueUrl',
  evaluate: 'evaluateQueueUrl',
} as const satisfies Record<QueueName, string>;

/** A message as `--json` shows it. */
export function letterJson({ queue, messageId, requestId, sentAt, ...rest }: DeadLetter & { queue: string }): object {
  return { queue, message_id: messageId, request_id: requestId, sent_at: sentAt, ...rest };
}

/** Does `work` with each of the dead-letter queues: the one named, or all, side by side. */
export async function withDeadLetters<T>(
  name: string | undefined,
  work: (letters: DeadLetters, queue: QueueName) => Promise<T>,
): Promise<T[]> {
  const chosen = name === undefined ? QUEUES : QUEUES.filter((queue) => queue === name);
  if (chosen.length === 0) throw new UsageError(`There is no queue "${name}": name one of ${QUEUES.join(', ')}.`);
  return Promise.all(
    chosen.map((queue) => {
      const setting = SETTINGS[queue];
      return withSession([setting], ({ config, clients }) =>
        work(new DeadLetters(clients.sqs(), config[setting]), queue),
      );
    }),
  );
}
