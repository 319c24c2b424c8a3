import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { TaskState } from '../../lib/operator/waiting.ts';
import { EXIT } from './exit.ts';
import { note } from './output.ts';
import { showProgress } from './progress.ts';

/** Puts a message on a queue. Gives SQS' id of it, which is the request's identity from then on. */
export async function sendMessage(sqs: SQSClient, QueueUrl: string, MessageBody: string): Promise<string> {
  const { MessageId = '' } = await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody }));
  return MessageId;
}

/** Shows how the tasks of a message come along: shards, or tasks where these have none. */
export function waitingProgress(label: string, tasks: number) {
  const progress = showProgress(label, tasks, 'parts');
  let shown = 0;
  return {
    onLook(states: readonly TaskState[]): void {
      const total = states.reduce((sum, { shards }) => sum + (shards?.total ?? 1), 0);
      const done = states.reduce((sum, { state, shards }) => sum + (shards?.written ?? (state === 'done' ? 1 : 0)), 0);
      progress.add(done - shown, total);
      shown = done;
    },
    stop: () => progress.stop(),
  };
}

/** Tells how it ended, a line per task that is not done, and sets the exit code. */
export function settle(states: readonly TaskState[]): void {
  for (const { task, state, error } of states) if (state !== 'done') note(`${task}: ${reasonOf(state, error)}`);
  if (states.some(({ state }) => state !== 'done')) process.exitCode = EXIT.negative;
}

function reasonOf(state: TaskState['state'], error: TaskState['error']): string {
  if (error !== null) return `${error.code}: ${error.message}`;
  if (state === 'gone') {
    return 'the queue is empty and nothing was recorded: it was dropped, as a request of its kind was in progress, or lies in the dead-letter queue (sampler dlq ls)';
  }
  return state === 'failed' ? 'failed' : `still ${state} when the time was over`;
}
