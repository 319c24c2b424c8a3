import { type Clients, createClients } from '../../lib/clients/clients.ts';
import { type Config, readConfig, type Setting } from '../../lib/config/config.ts';
import { Logger } from '../../lib/log/log.ts';
import { currentVerbosity, note } from './output.ts';

/** What a command works with. */
export interface Session<Needed extends Setting> {
  readonly config: Config<Needed>;
  readonly clients: Clients;
  /** Writes to standard error; standard output is the result's. */
  readonly log: Logger;
}

/**
 * Does a command's work with clients of the stack, which are closed afterwards.
 * @throws PermanentError Configuration where a needed setting is missing.
 */
export async function withSession<const Needed extends Setting, T>(
  needs: readonly Needed[],
  work: (session: Session<Needed>) => Promise<T>,
): Promise<T> {
  const config = readConfig(process.env, needs);
  const clients = createClients({ ...address('postgresUri', needs), ...address('mongodbUri', needs) });
  try {
    return await work({ config, clients, log: stderrLog() });
  } finally {
    await clients.dispose();
  }
}

function address(name: 'postgresUri' | 'mongodbUri', needs: readonly Setting[]): Partial<Record<typeof name, string>> {
  return needs.includes(name) ? { [name]: readConfig(process.env, [name])[name] } : {};
}

/** What configuration says of all requests, for commands that plan as the functions do. */
export function planningSettings(): Pick<Config<never>, 'requestStyle' | 'taskRows'> {
  const { requestStyle, taskRows } = readConfig(process.env, []);
  return { requestStyle, taskRows };
}

/** A log for people: warnings and errors, one line each on standard error; all of it with `--verbose` or LOG_LEVEL=DEBUG. */
export function stderrLog(): Logger {
  const logLevel = currentVerbosity() === 'verbose' ? 'debug' : readConfig(process.env, []).logLevel;
  return new Logger(logLevel === 'info' ? 'warn' : logLevel, {}, (line) => note(plainLine(line)));
}

/** What a log line says of itself, which people at a terminal need not know. */
const ABOUT_THE_LINE = new Set(['level', 'message', 'timestamp', 'service', 'sampling_rate']);

/** `warn: message (name value, name value)` of a log line. */
function plainLine(line: string): string {
  const parsed: unknown = JSON.parse(line);
  if (typeof parsed !== 'object' || parsed === null) return line;
  const fields = new Map(Object.entries(parsed));
  const told = [...fields]
    .filter(([name]) => !ABOUT_THE_LINE.has(name))
    .map(([name, value]) => `${name} ${typeof value === 'string' ? value : JSON.stringify(value)}`);
  const head = `${String(fields.get('level')).toLowerCase()}: ${fields.get('message')}`;
  return told.length > 0 ? `${head} (${told.join(', ')})` : head;
}
