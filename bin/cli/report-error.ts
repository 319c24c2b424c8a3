import { CommanderError } from 'commander';
import { isOfMongo } from '../../lib/clients/outage.ts';
import { SamplerError } from '../../lib/errors/errors.ts';
import { fileReason } from '../../lib/errors/file-reason.ts';
import { HubAwayError } from '../../lib/hub/hub.ts';
import { redact } from '../../lib/log/redact.ts';
import { EXIT, NotFoundError, UsageError } from './exit.ts';
import { complain, currentVerbosity } from './output.ts';
import { stackAdvice } from './stack-choice.ts';

/** Errors of a network or a server that is not there, by their code or the start of their name. */
const CONNECTION = /^(E[A-Z]{3,}|CONNECT|CONNECTION|Mongo|Postgres|Timeout|NoSuchBucket|QueueDoesNotExist|UND_ERR)/;

/**
 * Reports the error in one line on standard error and gives the exit code for it. Only what nobody expected, a fault of the
 * program itself, shows where it came from; with `--verbose` all do.
 */
export function reportError(error: unknown): number {
  // Commander has told its own.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  const code = tellError(error);
  if (currentVerbosity() === 'verbose' && error instanceof Error) complain(redact(error.stack ?? ''));
  return code;
}

function tellError(error: unknown): number {
  if (error instanceof UsageError) return tell(error.name, error.message, EXIT.usage);
  if (error instanceof NotFoundError) return tell(error.name, error.message, EXIT.notFound);
  if (error instanceof SamplerError) {
    const { code, message } = error;
    const unset = code === 'Configuration' && message.includes('is not set');
    const away =
      code === 'Unavailable' &&
      !(error instanceof HubAwayError) &&
      /ECONNREFUSED|ENOTFOUND|ETIMEDOUT|timed out/.test(message);
    const advice = unset || away ? stackAdvice(unset ? 'unset' : 'away') : '';
    // The functions do so; a command has ended.
    const told = message.replace(/ It is tried again\.$/, '');
    return tell(code, `${told}${advice}`, code === 'UnknownTask' ? EXIT.notFound : EXIT.failed);
  }
  const file = fileProblem(error);
  if (file !== undefined) return tell('Files', file, EXIT.failed);
  const reason = connectionProblem(error);
  if (reason !== undefined) return tell('Unavailable', reason, EXIT.failed);
  complain(redact(error instanceof Error ? (error.stack ?? error.message) : String(error)));
  return EXIT.failed;
}

function tell(code: string, message: string, exit: number): number {
  complain(`${code}: ${redact(message).replaceAll('\n', ' ')}`);
  return exit;
}

function fileProblem(error: unknown): string | undefined {
  const why = fileReason(error);
  if (why === undefined || !(error instanceof Error) || !('syscall' in error)) return undefined;
  const path = 'path' in error && typeof error.path === 'string' ? error.path : String(error.syscall);
  return `${path}: ${why}.`;
}

function connectionProblem(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  const expected = '$metadata' in error || 'sqlState' in error || CONNECTION.test(code) || CONNECTION.test(error.name);
  if (!expected) return undefined;
  const who = isOfMongo(error) ? 'MongoDB: ' : error.name === 'PostgresError' ? 'Postgres: ' : '';
  return `${who}${(error.message || code || error.name).replace(/\.$/, '')}.${stackAdvice('away')}`;
}
