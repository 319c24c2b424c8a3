import { hash } from 'node:crypto';
import { ObjectId } from 'mongodb';

/** The id of a planned task, from the request's identity and the task's name: the same however often a message arrives. */
export function planId(requestId: string, task: string): ObjectId {
  return new ObjectId(digest('plan', requestId, task).subarray(0, 12));
}

/** The id of a refused message's record. */
export function rejectionId(requestId: string): ObjectId {
  return new ObjectId(digest('rejected', requestId).subarray(0, 12));
}

/** The id of the note that a message with this text is not done. */
export function retryId(queue: string, body: string): ObjectId {
  return new ObjectId(digest('retrying', queue, body).subarray(0, 12));
}

/**
 * Makes the ids of a plan's instances and prompts. They begin with the plan's time, as ObjectIds do, so that the `_id` index
 * grows at its end; the rest is derived, so that writing twice writes once.
 */
export function childIds(
  plan: ObjectId,
  createdAt: Date,
): (kind: 'instance' | 'prompt', docId: number, idx: number, n: number) => ObjectId {
  const seconds = Math.floor(createdAt.getTime() / 1000);
  const prefix = plan.toHexString();
  return (kind, docId, idx, n) => {
    const bytes = Buffer.alloc(12);
    bytes.writeUInt32BE(seconds, 0);
    digest(prefix, kind, `${docId}/${idx}/${n}`).copy(bytes, 4, 0, 8);
    return new ObjectId(bytes);
  };
}

function digest(...parts: string[]): Buffer {
  return hash('sha256', JSON.stringify(parts), 'buffer');
}
