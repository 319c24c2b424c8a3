import type * as z from 'zod';
import { dictOf, text } from './lax.ts';

/** The body of an evaluate message, and of the message that tells its outcome on the queue `evaluated`. */
export const evaluateMessage = dictOf(
  {
    task_id: text
      .regex(/^[0-9a-fA-F]{24}$/, 'must be the 24 hexadecimal digits of a task')
      .describe('`_id` of the task in `tasks`.'),
  },
  'refuse',
).meta({
  title: 'evaluate message',
  description:
    'Scores the responses of a task into `results`. The same text is sent to the queue `evaluated` when that is done or can not be done.',
});
/** One, as read. */
export type EvaluateMessage = z.output<typeof evaluateMessage>;
