import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import postgres from 'postgres';

/** Who logs in; the compose file's PG Admin has the same login. */
export const PGADMIN_LOGIN = { email: 'admin@local.dev', password: 'admin' } as const;
/** What the databases' server is called in PG Admin. */
export const PGADMIN_SERVER = 'pokt-ml-datasets';
/** The port in the compose file, and here where none is named. */
export const PGADMIN_PORT = 5050;

/**
 * Writes below `dir` what PG Admin needs to reach `postgresUri` without asking: the list of its one server, whose path is
 * returned for `load-servers`, and the password file in the folder of the user of `PGADMIN_LOGIN`.
 */
export function writeConnection(dir: string, postgresUri: string): string {
  const uri = new URL(postgresUri);
  const port = Number(uri.port || 5432);
  const user = decodeURIComponent(uri.username);
  const folder = join(dir, 'storage', PGADMIN_LOGIN.email.replace('@', '_'));
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const fields = [uri.hostname, String(port), '*', user, decodeURIComponent(uri.password)];
  const line = fields.map((field) => field.replace(/[\\:]/g, '\\$&')).join(':');
  const passwords = join(folder, '.pgpass');
  // The mode counts only for a new file; libpq reads none that others can read.
  rmSync(passwords, { force: true });
  writeFileSync(passwords, `${line}\n`, { mode: 0o600 });
  const server = {
    Group: 'Servers',
    Name: PGADMIN_SERVER,
    Host: uri.hostname,
    Port: port,
    MaintenanceDB: decodeURIComponent(uri.pathname.slice(1)),
    Username: user,
    // A path inside the user's folder, as PG Admin has it in server mode.
    ConnectionParameters: { passfile: '/.pgpass', sslmode: 'prefer', connect_timeout: 10 },
  };
  const file = join(dir, 'servers.json');
  writeFileSync(file, JSON.stringify({ Servers: { 1: server } }, null, 2));
  return file;
}

/** The address of the Postgres of the stack that keeps its data in `localDir`. Throws an Error where none answers. */
export async function runningPostgres(localDir: string): Promise<string> {
  const file = join(localDir, 'env');
  const uri = existsSync(file) ? parseEnv(readFileSync(file, 'utf8'))['POSTGRES_URI'] : undefined;
  if (uri !== undefined && (await answers(uri))) return uri;
  throw new Error('No local stack runs. What to do: npm start in another terminal, then this again.');
}

async function answers(uri: string): Promise<boolean> {
  const sql = postgres(uri, { max: 1, connect_timeout: 5, onnotice: () => {} });
  try {
    await sql`select 1`;
    return true;
  } catch {
    return false;
  } finally {
    await sql.end({ timeout: 1 });
  }
}
