import { CommanderError } from 'commander';
import { SamplerError } from '../../lib/errors/errors.ts';
import { HubAwayError } from '../../lib/hub/hub.ts';
import { redact } from '../../lib/log/redact.ts';
import { EXIT, NotFoundError, UsageError } from './exit.ts';
import { complain, currentVerbosity } from './output.ts';
import { stackAdvice } from './stack-choice.ts';

/** Errors of a network or a server that is not there, by their code or the start of their name. */
const CONNECTION = /^(E[A-Z]{3,}|CONNECT|CONNECTION|Mongo|Postgres|Timeout|NoSuchBucket|QueueDoesNotExist|UND_ERR)/;
/** What a file system refuses, by its code. */
const FILES: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full: make room, then run the command again',
  EDQUOT: 'the quota of the disk is used up: make room, then run the command again',
  EACCES: 'it may not be read or written by this user',
  EPERM: 'it may not be read or written by this user',
  EROFS: 'the file system is read-only',
  EISDIR: 'it is a folder',
  ENOTDIR: 'a part of the path is no folder',
  ENOENT: 'there is no such file or folder',
  EMFILE: 'too many files are open: raise the limit (ulimit -n)',
  EIO: 'the disk could not read or write',
};

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
  if (!(error instanceof Error) || !('code' in error) || !('syscall' in error)) return undefined;
  const why = FILES[String(error.code)];
  if (why === undefined || error.syscall === 'connect') return undefined;
  const path = 'path' in error && typeof error.path === 'string' ? error.path : String(error.syscall);
  return `${path}: ${why}.`;
}

function connectionProblem(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  const expected = '$metadata' in error || 'sqlState' in error || CONNECTION.test(code) || CONNECTION.test(error.name);
  if (!expected) return undefined;
  return `${error.message || code || error.name}.${stackAdvice('away')}`;
}
