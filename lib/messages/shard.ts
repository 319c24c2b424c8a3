import type { z } from 'zod';
import { dictOf, laxNumber, text } from './lax.ts';

const position = laxNumber.refine((value) => value >= 0, 'must not be negative');

/**
 * The body of a shard message: which part of which planned task. The plan's settings lie in
 * `sample_requests`, so that a message stays small whatever the request holds.
 */
export const shardMessage = dictOf(
  {
    /** `_id` of the plan in `sample_requests`, 24 hexadecimal digits. */
    plan: text.regex(/^[0-9a-f]{24}$/, 'must be a plan id'),
    /** Number of the shard, from 0. */
    shard: position,
    /** How many of the request's documents come before this shard's: few-shot draws go through the request in order. */
    offset: position,
    /** Its documents' ids, ascending, as compact text (`0-4,9`). */
    docs: text,
  },
  'refuse',
);
export type ShardMessage = z.output<typeof shardMessage>;
