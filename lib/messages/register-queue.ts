import { isLoadPart, type LoadPartMessage, loadPartMessage } from './load-part.ts';
import { parseMessage } from './parse.ts';
import { type RegisterMessage, registerMessage } from './register.ts';

/** What the register queue holds: requests, and the parts that the register function makes of large loads. */
export type RegisterQueueMessage = RegisterMessage | LoadPartMessage;

/** Reads a body of the register queue. @throws PermanentError BadMessage naming what is wrong. */
export function parseRegisterQueueMessage(body: string): RegisterQueueMessage {
  return isLoadPart(body)
    ? parseMessage('load part', loadPartMessage, body)
    : parseMessage('register', registerMessage, body);
}
