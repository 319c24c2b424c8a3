/** Levels, from the most to the least talkative. */
const LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof LEVELS)[number];

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

/** Facts that go with a line. */
export type LogFields = Readonly<Record<string, unknown>>;

/** The level of that name, in any case of letters; undefined where there is none. */
export function parseLogLevel(name: string): LogLevel | undefined {
  const upper = name.trim().toUpperCase();
  return Object.hasOwn(LEVEL_NAMES, upper) ? LEVEL_NAMES[upper] : undefined;
}

/**
 * Writes one JSON object a line: `level`, `time` (ISO 8601), `message`, then the fields. Passwords in URIs are blotted
 * out wherever they occur. Logging never throws.
 */
export class Logger {
  readonly #level: LogLevel;
  readonly #fields: LogFields;
  readonly #write: (line: string) => void;

  /** `write` gets each line without its line break; standard output where not given. */
  constructor(level: LogLevel = 'info', fields: LogFields = {}, write: (line: string) => void = writeToStdout) {
    this.#level = level;
    this.#fields = fields;
    this.#write = write;
  }

  /** A logger whose lines all carry these fields as well. */
  with(fields: LogFields): Logger {
    return new Logger(this.#level, { ...this.#fields, ...fields }, this.#write);
  }

  debug(message: string, fields?: LogFields): void {
    this.#log('debug', message, fields);
  }

  info(message: string, fields?: LogFields): void {
    this.#log('info', message, fields);
  }

  warn(message: string, fields?: LogFields): void {
    this.#log('warn', message, fields);
  }

  error(message: string, fields?: LogFields): void {
    this.#log('error', message, fields);
  }

  #log(level: LogLevel, message: string, fields: LogFields = {}): void {
    if (LEVELS.indexOf(level) < LEVELS.indexOf(this.#level)) return;
    const head = { level, time: new Date().toISOString(), message };
    this.#write(redact(stringify({ ...head, ...this.#fields, ...fields, ...head })));
  }
}

/** Blots out the password of every URI in a text. */
export function redact(text: string): string {
  return text.replace(/([a-z][\w+.-]*:\/\/[^\s/:@"\\]*):[^\s/"\\]+@/gi, '$1:***@');
}

function writeToStdout(line: string): void {
  process.stdout.write(`${line}\n`);
}

function stringify(fields: LogFields): string {
  try {
    return JSON.stringify(fields, readable);
  } catch (error) {
    // A cycle, or a getter that throws: the message matters more than the facts.
    const { level, time, message } = fields;
    return JSON.stringify({ level, time, message, unloggable: String(error) });
  }
}

/** Values that JSON has no form for: errors with their causes, big integers, maps and sets. */
function readable(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString();
  if (value instanceof Map) return Object.fromEntries(value);
  if (value instanceof Set) return [...value];
  if (!(value instanceof Error)) return value;
  const { name, message, stack, cause } = value;
  const code = 'code' in value ? value.code : undefined;
  return { name, message, ...(code === undefined ? {} : { code }), stack, ...(cause === undefined ? {} : { cause }) };
}
