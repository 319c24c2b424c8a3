import type * as z from 'zod';
import { dictOf, notNegative, text } from './lax.ts';

/**
 * The body of a shard message: which part of which planned task. The plan's settings lie in
 * `sample_requests`, so that a message stays small whatever the request holds.
 */
export const shardMessage = dictOf(
  {
    plan: text.regex(/^[0-9a-f]{24}$/, 'must be a plan id').describe('`_id` of the plan in `sample_requests`.'),
    shard: notNegative.describe('Number of the shard, from 0.'),
    offset: notNegative.describe(
      "How many of the request's documents come before this shard's: few-shot draws go through the request in order.",
    ),
    docs: text.describe("Its documents' ids, ascending, as compact text (`0-4,9`)."),
  },
  'refuse',
).meta({
  title: 'shard message',
  description: 'Internal: one part of a planned task, which the sample function sends to the shard function.',
});
/** One, as read. */
export type ShardMessage = z.output<typeof shardMessage>;
