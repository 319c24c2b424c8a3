import { checkFile, readAddress, refusal } from './address.ts';

const KIND = {
  schemes: ['postgres', 'postgresql'],
  example: 'postgresql://USER:PASSWORD@HOST:5432/DATABASE?sslmode=verify-full&sslrootcert=FILE.',
};
const MODES = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'];
/** Options that name files; `system` stands for the certificates that Node brings. */
const FILES = ['sslrootcert', 'sslcert', 'sslkey'];
/** What the client or the server does something with. All else would be sent to the server, which refuses what it does not know. */
const KNOWN: ReadonlySet<string> = new Set([
  'sslmode',
  ...FILES,
  'sslnegotiation',
  'application_name',
  'client_encoding',
  'connect_timeout',
  'datestyle',
  'fallback_application_name',
  'idle_in_transaction_session_timeout',
  'keep_alive',
  'lock_timeout',
  'options',
  'search_path',
  'statement_timeout',
  'target_session_attrs',
  'timezone',
]);

/**
 * Checks the address of Postgres before its client sees it; that one prints a wrong address whole, and hands unknown options
 * to the server.
 * @throws PermanentError Configuration naming the variable and the option, without any value of them.
 */
export function checkPostgresUri(uri: string, variable: string): void {
  const { options } = readAddress(uri, { ...KIND, variable });
  for (const [name, value] of options) {
    if (!KNOWN.has(name.toLowerCase())) {
      throw refusal(
        variable,
        `has the option "${name}", which is not known here; remove it. Known: ${[...KNOWN].join(', ')}.`,
      );
    }
    if (name === 'sslmode' && !MODES.includes(value))
      throw refusal(variable, `has an sslmode that is none of ${MODES.join(', ')}.`);
    if (FILES.includes(name) && value !== 'system') checkFile(variable, name, value);
  }
}
