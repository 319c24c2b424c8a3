import { cutTo, MAX_REASON_BYTES } from './bounds.ts';

/** Codes under which failures are logged and recorded; stable, so that operators can search and alarm on them. */
export type ErrorCode =
  | 'BadMessage'
  | 'UnknownTask'
  | 'UnsupportedTask'
  | 'UnsupportedHook'
  | 'UnsupportedPath'
  | 'SandboxFailed'
  | 'BadTaskDefinition'
  | 'TemplateFailed'
  | 'RequestTooLarge'
  | 'PlanUnreadable'
  | 'NotRegistered'
  | 'DatasetMissing'
  | 'DatasetInvalid'
  | 'DocIdsOutsideSplit'
  | 'TooFewDocuments'
  | 'FewshotUnavailable'
  | 'HarnessNotStaged'
  | 'NotDone'
  | 'Configuration'
  | 'Unavailable';

/** What a thrown value says: an error's message, or the value itself as text. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Where and why something failed; `cause` keeps the original. */
export interface ErrorDetails {
  cause?: unknown;
  /** Facts for the log, e.g. `{ task, table, docId }`. Never secrets, never whole documents. */
  context?: Record<string, unknown>;
}

/**
 * Base of every failure that this product explains. The message says what was wrong, where, and what to do, in at most
 * {@link MAX_REASON_BYTES}, whatever the input that it tells of.
 * `permanent` failures can never succeed when tried again (the message goes to the dead-letter queue at once).
 */
export class SamplerError extends Error {
  override readonly name: string = 'SamplerError';
  readonly code: ErrorCode;
  readonly permanent: boolean;
  readonly context: Record<string, unknown>;
  constructor(code: ErrorCode, message: string, permanent: boolean, details: ErrorDetails = {}) {
    super(cutTo(message, MAX_REASON_BYTES), details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.permanent = permanent;
    this.context = details.context ?? {};
  }
}

/** The request can never succeed as it stands: bad message, unknown task, missing dataset, failing template. */
export class PermanentError extends SamplerError {
  override readonly name = 'PermanentError';
  constructor(code: ErrorCode, message: string, details?: ErrorDetails) {
    super(code, message, true, details);
  }
}

/** Something we depend on is not there right now; trying again later may succeed. */
export class TransientError extends SamplerError {
  override readonly name = 'TransientError';
  constructor(code: ErrorCode, message: string, details?: ErrorDetails) {
    super(code, message, false, details);
  }
}
