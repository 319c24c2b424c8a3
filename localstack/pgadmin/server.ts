import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { choosePort, startServer, waitUntilReady } from '../processes.ts';
import { PGADMIN_LOGIN, writeConnection } from './connection.ts';

/** The Python environment that the set-up makes. */
export const PGADMIN_VENV = join(import.meta.dirname, '..', '..', '.cache', 'pgadmin');

const START_TIMEOUT_MS = 120_000;

/** How to start it. */
export interface PgadminOptions {
  /** Absolute path of the folder that keeps its data. */
  dir: string;
  /** TCP port on the loopback address. */
  port: number;
  /** The database that it shows. */
  postgresUri: string;
}

/** A running PG Admin. */
export interface Pgadmin {
  readonly url: string;
  /** Resolves with the exit code when it ended. */
  readonly ended: Promise<number>;
  stop(): Promise<void>;
}

/**
 * Starts PG Admin in server mode with the user of `PGADMIN_LOGIN`, to whom `postgresUri` is known as `PGADMIN_SERVER`,
 * password included. Throws an Error where the port is taken or it does not start, with the end of its output.
 */
export async function startPgadmin({ dir, port, postgresUri }: PgadminOptions): Promise<Pgadmin> {
  if ((await choosePort(port)) !== port) {
    throw new Error(
      `port ${port} is taken, maybe by another PG Admin (npm start -- --docker runs one). What to do: end that one, or name another port with --port N.`,
    );
  }
  const env = {
    ...process.env,
    CONFIG_DISTRO_FILE_PATH: join(import.meta.dirname, 'settings.py'),
    SAMPLER_PGADMIN_DATA: dir,
    SAMPLER_PGADMIN_PORT: String(port),
    PGADMIN_SETUP_EMAIL: PGADMIN_LOGIN.email,
    PGADMIN_SETUP_PASSWORD: PGADMIN_LOGIN.password,
  };
  const python = join(PGADMIN_VENV, 'bin', 'python');
  const program = await packageFolder(python);
  mkdirSync(dir, { recursive: true });
  await run(python, [join(program, 'setup.py'), 'setup-db'], env);
  const servers = writeConnection(dir, postgresUri);
  // Anew each time: the stack's ports may have changed.
  const load = ['load-servers', servers, '--user', PGADMIN_LOGIN.email, '--replace'];
  await run(python, [join(program, 'setup.py'), ...load], env);
  const logFile = join(dir, 'server.log');
  const server = startServer({
    name: 'PG Admin',
    command: [python, join(program, 'pgAdmin4.py')],
    logFile,
    stopSignal: 'TERM',
    env,
  });
  const url = `http://127.0.0.1:${port}`;
  await waitUntilReady(server, logFile, () => answers(`${url}/misc/ping`), START_TIMEOUT_MS);
  return { url, ended: server.ended, stop: () => server.stop() };
}

/** Where the environment keeps PG Admin's programs. Throws an Error where it is not installed. */
async function packageFolder(python: string): Promise<string> {
  if (!existsSync(python)) throw new Error(`PG Admin is not installed (no ${python}). What to do: npm run pgadmin.`);
  const find = "import sysconfig; print(sysconfig.get_paths()['purelib'])";
  return join((await run(python, ['-c', find], process.env)).trim(), 'pgadmin4');
}

/** Runs a program to its end; returns its output. Throws an Error with the output where it fails. */
async function run(program: string, args: string[], env: NodeJS.ProcessEnv): Promise<string> {
  const child = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  let complaints = '';
  child.stdout.on('data', (chunk) => {
    output += chunk;
  });
  child.stderr.on('data', (chunk) => {
    complaints += chunk;
  });
  const [code] = await once(child, 'close');
  if (code === 0) return output;
  throw new Error(`PG Admin's set-up failed (${program} ${args.join(' ')}):\n${output}${complaints}`);
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(url)).ok;
  } catch {
    return false;
  }
}
