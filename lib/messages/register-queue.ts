import type * as z from 'zod';
import { loads } from '../python/json.ts';
import { isDict } from '../python/value.ts';
import { dictOf, notNegative, text } from './lax.ts';
import { parseMessage } from './parse.ts';
import { type RegisterMessage, registerMessage } from './register.ts';

/**
 * The body of a message that the register function sends to itself: one part of a data set that is too large for one
 * message. What is to be done lies in Postgres (`sampler_load_parts`), so a forged one can do no more than a repeated one.
 */
export const loadPartMessage = dictOf(
  {
    load: text.regex(/^[0-9a-f-]{36}$/, 'must be the id of a load').describe('Which load.'),
    part: notNegative.describe('Number of the part, from 0.'),
  },
  'refuse',
).meta({
  title: 'load-part message',
  description: 'Internal: one part of a large data set, which the register function sends to itself.',
});
/** One, as read. */
export type LoadPartMessage = z.output<typeof loadPartMessage>;

/** Whether a body on the register queue is meant as one: it has `load`, and no key of a register message. */
export function isLoadPart(body: string): boolean {
  try {
    const value = loads(body);
    return isDict(value) && value.has('load') && !value.has('framework') && !value.has('tasks');
  } catch {
    return false;
  }
}

/** What the register queue holds: requests, and the parts that the register function makes of large loads. */
export type RegisterQueueMessage = RegisterMessage | LoadPartMessage;

/** Reads a body of the register queue. @throws PermanentError BadMessage naming what is wrong. */
export function parseRegisterQueueMessage(body: string): RegisterQueueMessage {
  return isLoadPart(body)
    ? parseMessage('load part', loadPartMessage, body)
    : parseMessage('register', registerMessage, body);
}
