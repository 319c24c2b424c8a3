import { hash } from 'node:crypto';
import { ObjectId } from 'mongodb';

/** The id of a planned task, from the request's identity and the task's name: the same however often a message arrives. */
export function planId(requestId: string, task: string): ObjectId {
  return new ObjectId(digest('plan', requestId, task).slice(0, 24));
}

/** The id of a message's own record: that it was refused, or what was registered for it. */
export function rejectionId(requestId: string): ObjectId {
  return new ObjectId(digest('rejected', requestId).slice(0, 24));
}

/** The id of the record that a message's task was dropped. */
export function droppedId(requestId: string, task: string): ObjectId {
  return new ObjectId(digest('dropped', requestId, task).slice(0, 24));
}

/** The id of the record that a message goes on with an earlier request. */
export function resumedId(requestId: string): ObjectId {
  return new ObjectId(digest('resumed', requestId).slice(0, 24));
}

/** The id of the note that a message with this text is not done. */
export function retryId(queue: string, body: string): ObjectId {
  return new ObjectId(digest('retrying', queue, body).slice(0, 24));
}

/** Gives the 12 bytes of the id of an instance or a prompt. */
export type ChildId = (kind: 'instance' | 'prompt', docId: number, idx: number, n: number) => Uint8Array;

/**
 * Makes the ids of a plan's instances and prompts. They begin with the plan's time, as ObjectIds do, so that the `_id` index
 * grows at its end; the rest is derived, so that writing twice writes once.
 */
export function childIds(plan: ObjectId, createdAt: Date): ChildId {
  const seconds = Math.floor(createdAt.getTime() / 1000);
  const prefix = plan.toHexString();
  return (kind, docId, idx, n) => {
    // As `digest` does it, but there are two of these for every prompt: a text is given back in a third of the time of a buffer.
    const text = hash('sha256', `["${prefix}","${kind}","${docId}/${idx}/${n}"]`, 'binary');
    const id = Buffer.allocUnsafe(12);
    id.writeUInt32BE(seconds, 0);
    id.write(text, 4, 8, 'latin1');
    return id;
  };
}

/** In hexadecimal digits. */
function digest(...parts: string[]): string {
  return hash('sha256', JSON.stringify(parts), 'hex');
}
