import { z } from 'zod';
import { dictOf, laxNumber, text } from './lax.ts';

/**
 * The body of a shard message: which part of which planned task. The plan itself lies in `sample_requests`, so that a message
 * stays small whatever the request holds.
 */
export const shardMessage = dictOf(
  {
    /** `_id` of the plan in `sample_requests`, 24 hexadecimal digits. */
    plan: text.regex(/^[0-9a-f]{24}$/, 'must be a plan id'),
    /** Number of the shard, from 0. */
    shard: laxNumber.refine((value) => value >= 0, 'must not be negative'),
  },
  'refuse',
);
export type ShardMessage = z.output<typeof shardMessage>;
