import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { TaskState } from '../../lib/operator/waiting.ts';
import { groupOf } from '../../lib/queue/queue.ts';
import { EXIT } from './exit.ts';
import { complain, counted, note, print, table } from './output.ts';
import { showProgress } from './progress.ts';

/** Without anything to tell, so much is said now and then. */
const LINE_MS = 5_000;

/** Puts a message for a supplier, if for one, on a queue. Gives SQS' id of it, which is the request's identity from then on. */
export async function sendMessage(
  sqs: SQSClient,
  QueueUrl: string,
  MessageBody: string,
  supplier?: string,
): Promise<string> {
  const group = supplier === undefined ? {} : { MessageGroupId: groupOf(supplier) };
  const { MessageId = '' } = await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody, ...group }));
  return MessageId;
}

/** A message that was sent and is waited for. */
export interface Followed {
  readonly json: boolean;
  readonly requestId: string;
  readonly queueUrl: string;
  /** What is done to the tasks, for the progress, and what they are afterwards. */
  readonly doing: string;
  readonly done: string;
  /** What may hold tasks up that nothing is known of yet, asked once after some seconds. */
  readonly hint?: (tasks: readonly string[]) => Promise<string | undefined>;
  /** Waits until it is over, and reports now and then how the tasks stand. */
  readonly wait: (onLook: (states: readonly TaskState[]) => void) => Promise<readonly TaskState[]>;
}

/** Shows how the tasks of a message come along, then how it ended: a line per task that is not done, and the exit code. */
export async function follow({ json, requestId, queueUrl, doing, done, hint, wait }: Followed): Promise<void> {
  // Whatever ends the waiting, whoever asked must be able to find the request again.
  note(`sent: ${requestId}`);
  const { onLook, stop } = showStates(doing, hint);
  const states = await wait(onLook).finally(stop);
  const open = states.filter(({ state }) => state !== 'done');
  print(json, { request_id: requestId, queue: queueUrl, tasks: states }, () => {
    const failures = Map.groupBy(open, ({ state, error }) => error?.code ?? state);
    const totals = [...failures].map(([code, tasks]) => `${code} ${tasks.length}`).join(', ');
    const are = states.length === 1 ? 'task is' : 'tasks are';
    const counts = `${states.length - open.length} of ${states.length} ${are} ${done}`;
    const head = `${requestId}: ${counts}${totals === '' ? '' : ` (${totals})`}`;
    const ids = states.flatMap(({ task, id, state }) => (id === null || state !== 'done' ? [] : [[task, id]]));
    return ids.length === 0 ? head : `${head}\n${table(['TASK', 'ID'], ids)}`;
  });
  for (const { task, state, error } of open) complain(`${task}: ${reasonOf(state, error)}`);
  if (open.length > 0) process.exitCode = EXIT.negative;
}

/** Tells now and then how the tasks of a message stand, whatever `onLook` was given last. */
export function showStates(
  doing: string,
  hint?: Followed['hint'],
): { readonly onLook: (states: readonly TaskState[]) => void; readonly stop: () => void } {
  const progress = showProgress(doing, 0, 'parts');
  let shown = 0;
  let told = Date.now();
  let hinted = false;
  const onLook = (states: readonly TaskState[]) => {
    const waiting = states.filter(({ state }) => state === 'waiting');
    if (waiting.length > 0 && Date.now() - told >= LINE_MS) {
      told = Date.now();
      note(`${doing}: ${counted(waiting.length, 'task')} of ${states.length} not begun yet`);
      if (!hinted && hint !== undefined) {
        hinted = true;
        void hint(waiting.map(({ task }) => task)).then(
          (text) => text !== undefined && note(text),
          () => {},
        );
      }
    }
    // Shards are counted, or tasks where these have none.
    const total = states.reduce((sum, { shards }) => sum + (shards?.total ?? 1), 0);
    const now = states.reduce((sum, { state, shards }) => sum + (shards?.written ?? (state === 'done' ? 1 : 0)), 0);
    progress.add(now - shown, total);
    shown = now;
  };
  return { onLook, stop: progress.stop };
}

/** Why a task is not done. */
export function reasonOf(state: TaskState['state'], error: TaskState['error']): string {
  if (error !== null) return `${error.code}: ${error.message}`;
  if (state === 'gone') {
    return 'the queue is empty and nothing was recorded; it may lie in the dead-letter queue: npx sampler dlq ls';
  }
  return state === 'failed' ? 'failed' : `still ${state} when the time was over`;
}
