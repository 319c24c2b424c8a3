import { isOutage } from '../clients/outage.ts';
import { SamplerError, TransientError } from '../errors/errors.ts';

/**
 * Explains a failure of Postgres: what may succeed later becomes a TransientError Unavailable; anything else stays what
 * it was. `doing` says what was tried: `reading table "x"`.
 */
export function explainPostgres(doing: string, error: unknown): unknown {
  if (error instanceof SamplerError || !isOutage(error)) return error;
  return new TransientError('Unavailable', `${doing} failed: ${error.message}. It is tried again.`, { cause: error });
}

/** The error's code: SQLSTATE, or the client's own. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}
