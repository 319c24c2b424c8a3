import { SamplerError, TransientError } from '../errors/errors.ts';

/** What the client reports where the connection could not be made or was lost. */
const CONNECTION_CODES = new Set([
  'CONNECTION_CLOSED',
  'CONNECTION_ENDED',
  'CONNECTION_DESTROYED',
  'CONNECT_TIMEOUT',
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
]);
/** SQLSTATE: connection trouble, no resources left, shut down or cancelled by an operator, conflicts with other transactions. */
const TRANSIENT_STATES = /^(08|53|57|40|55P03|25006|XX000)/;

/**
 * Explains a failure of Postgres: what may succeed later becomes a TransientError Unavailable; anything else stays what
 * it was. `doing` says what was tried: `reading table "x"`.
 */
export function explainPostgres(doing: string, error: unknown): unknown {
  if (error instanceof SamplerError || !isTransient(error)) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return new TransientError('Unavailable', `${doing} failed: ${reason}. It is tried again.`, { cause: error });
}

/** The error's code: SQLSTATE, or the client's own. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

function isTransient(error: unknown): boolean {
  if (error instanceof AggregateError) return error.errors.some(isTransient);
  const code = codeOf(error);
  return CONNECTION_CODES.has(code) || TRANSIENT_STATES.test(code);
}
