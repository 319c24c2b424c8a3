import { CommanderError } from 'commander';
import { SamplerError } from '../../lib/errors/errors.ts';
import { redact } from '../../lib/log/redact.ts';
import { EXIT, NotFoundError, UsageError } from './exit.ts';
import { note } from './output.ts';

/** Errors of a network or a server that is not there, by their code or the start of their name. */
const CONNECTION = /^(E[A-Z]{3,}|CONNECT|CONNECTION|Mongo|Postgres|Timeout|NoSuchBucket|QueueDoesNotExist|UND_ERR)/;

/**
 * Reports the error in one line on standard error and gives the exit code for it. Only what nobody expected, a fault of the
 * program itself, shows where it came from.
 */
export function reportError(error: unknown): number {
  // Commander has told its own.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  if (error instanceof UsageError) return tell(error.name, error.message, EXIT.usage);
  if (error instanceof NotFoundError) return tell(error.name, error.message, EXIT.notFound);
  if (error instanceof SamplerError) {
    return tell(error.code, error.message, error.code === 'UnknownTask' ? EXIT.notFound : EXIT.failed);
  }
  const reason = connectionProblem(error);
  if (reason !== undefined) return tell('Unavailable', reason, EXIT.failed);
  note(redact(error instanceof Error ? (error.stack ?? error.message) : String(error)));
  return EXIT.failed;
}

function tell(code: string, message: string, exit: number): number {
  note(`${code}: ${redact(message).replaceAll('\n', ' ')}`);
  return exit;
}

function connectionProblem(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  const expected = '$metadata' in error || 'sqlState' in error || CONNECTION.test(code) || CONNECTION.test(error.name);
  if (!expected) return undefined;
  return `${error.message || code || error.name}. Is what it asks running, and does the environment (or .local/env) name it rightly?`;
}
