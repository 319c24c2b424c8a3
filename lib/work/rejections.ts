import type { SamplerError } from '../errors/errors.ts';
import { rejectionId } from './ids.ts';
import type { Ledger } from './ledger.ts';

/** A message, as far as its rejection is concerned. */
interface RefusedMessage {
  readonly requestId: string;
  readonly body: string;
}

/** What keeps, per message of a queue, the reason why it was refused or given up. */
export function rejectionsOf(
  ledger: Ledger,
  queue: string,
): (message: RefusedMessage, error: SamplerError) => Promise<void> {
  return ({ requestId, body }, error) => ledger.reject(rejectionId(requestId), requestId, queue, body, error);
}
