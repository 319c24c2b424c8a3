import type { Logger as Powertools } from '@aws-lambda-powertools/logger';
import { boundedFields } from './bounded-json.ts';
import { RedactingLogger } from './redacting-logger.ts';

/** Levels, from the most to the least talkative. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** The names that LOG_LEVEL and `log_level` may have: ours and those of Python's logging. */
const LEVEL_NAMES: Readonly<Record<string, LogLevel>> = {
  TRACE: 'debug',
  DEBUG: 'debug',
  INFO: 'info',
  WARN: 'warn',
  WARNING: 'warn',
  ERROR: 'error',
  CRITICAL: 'error',
  FATAL: 'error',
};

/** What Powertools itself writes on each line; a field can't take its place. */
const RESERVED: ReadonlySet<string> = new Set(['level', 'message', 'sampling_rate', 'service', 'timestamp']);

/** Facts that go with a line. */
export type LogFields = Readonly<Record<string, unknown>>;

/** The level of that name, in any case of letters; undefined where there is none. */
export function parseLogLevel(name: string): LogLevel | undefined {
  const upper = name.trim().toUpperCase();
  return Object.hasOwn(LEVEL_NAMES, upper) ? LEVEL_NAMES[upper] : undefined;
}

/**
 * Writes one JSON object a line, by Powertools for AWS Lambda: `level`, `message`, `timestamp` (ISO 8601), `service`, within
 * a function its name, invocation and trace, then the fields. Passwords in URIs and known secrets are masked
 * wherever they occur, and no line is longer than 16 KB.
 * Logging never throws.
 */
export class Logger {
  /** For Powertools' middleware, which informs it of each invocation. */
  readonly powertools: Powertools;
  #fields: LogFields;

  /** `write` gets each line without its line break; standard output where not given. */
  constructor(
    level: LogLevel = 'info',
    fields: LogFields = {},
    write: (line: string) => void = writeToStdout,
    powertools: Powertools = new RedactingLogger({ logLevel: level, serviceName: serviceName() }, write),
  ) {
    this.powertools = powertools;
    this.#fields = fields;
  }

  /** A logger whose lines all carry these fields as well. */
  with(fields: LogFields): Logger {
    return new Logger(undefined, { ...this.#fields, ...fields }, undefined, this.powertools);
  }

  /** Adds fields to all lines that this logger writes from now on, and to those of loggers made from it later. */
  append(fields: LogFields): void {
    this.#fields = { ...this.#fields, ...fields };
  }

  debug(message: string, fields?: LogFields): void {
    this.powertools.debug(message, this.#all(fields));
  }

  info(message: string, fields?: LogFields): void {
    this.powertools.info(message, this.#all(fields));
  }

  warn(message: string, fields?: LogFields): void {
    this.powertools.warn(message, this.#all(fields));
  }

  error(message: string, fields?: LogFields): void {
    this.powertools.error(message, this.#all(fields));
  }

  #all(fields: LogFields = {}): Record<string, unknown> {
    const all = Object.entries({ ...this.#fields, ...fields });
    try {
      // Powertools copies them, however deep they are.
      return boundedFields(all.filter(([name]) => !RESERVED.has(name)));
    } catch (error) {
      // A getter that throws: the message matters more than the facts.
      return { unloggable: String(error) };
    }
  }
}

/** Under which logs, metrics and traces of this product are found; serverless.yml adds the stage. */
export function serviceName(): string {
  return process.env['POWERTOOLS_SERVICE_NAME'] || 'sampler';
}

function writeToStdout(line: string): void {
  process.stdout.write(`${line}\n`);
}
