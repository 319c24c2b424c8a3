import { type ChildProcess, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Runs the server given as arguments and ends it when standard input closes, which the system does however this
 * process ends. First argument: the signal that asks the server to end; ten seconds later it is killed.
 * The group is the shell's own, so that nothing the server started stays behind.
 */
const GUARD = `
  signal=$1; shift
  exec 3<&0
  "$@" </dev/null 3<&- &
  server=$!
  trap '' INT TERM HUP
  ( while read -r line <&3; do :; done
    kill -s "$signal" $server 2>/dev/null || exit 0
    n=0; while kill -0 $server 2>/dev/null && [ $n -lt 100 ]; do sleep 0.1; n=$((n+1)); done
    kill -s KILL $server 2>/dev/null ) &
  wait $server
`;

/** How long an unwanted server may take to end before it is killed. */
const STALE_END_MS = 12_000;

/** A server of the stack. */
export interface ServerProcess {
  readonly name: string;
  /** Resolves when it ended, with its exit code. */
  readonly ended: Promise<number>;
  /** Asks it to end, and resolves when it has. */
  stop(): Promise<void>;
}

/** How to start a server. */
export interface ServerOptions {
  name: string;
  command: string[];
  logFile: string;
  /** Asks for a clean end: SIGINT is Postgres's fast shutdown, SIGTERM suits the others. */
  stopSignal: 'INT' | 'TERM';
  /** Numeric user and group to run as; only root can set them. */
  user?: { uid: number; gid: number };
  env?: NodeJS.ProcessEnv;
  cwd?: string;
}

/**
 * Starts a server that ends when this process does, even when this process is killed.
 * Throws nothing: a server that can't start resolves `ended` at once, and its log says why.
 */
export function startServer(options: ServerOptions): ServerProcess {
  mkdirSync(dirname(options.logFile), { recursive: true });
  const log = createWriteStream(options.logFile, { flags: 'a' });
  const child: ChildProcess = spawn('/bin/sh', ['-c', GUARD, 'guard', options.stopSignal, ...options.command], {
    // Of its own group, so that Ctrl-C in the terminal reaches us alone and the order of stopping is ours.
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
    ...(options.env === undefined ? {} : { env: options.env }),
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...options.user,
  });
  child.stdout?.pipe(log, { end: false });
  child.stderr?.pipe(log, { end: false });
  const ended = new Promise<number>((resolve) => {
    child.on('error', () => resolve(127));
    child.on('exit', (code) => resolve(code ?? 1));
  });
  void ended.then(() => log.end());
  return {
    name: options.name,
    ended,
    async stop() {
      child.stdin?.end();
      await ended;
    },
  };
}

/**
 * Waits until `ready` returns true, trying ten times a second.
 * Throws an Error naming the log file when the server ends first or `timeoutMs` passes.
 */
export async function waitUntilReady(
  server: ServerProcess,
  logFile: string,
  ready: () => Promise<boolean>,
  timeoutMs: number,
): Promise<void> {
  let code: number | undefined;
  void server.ended.then((value) => {
    code = value;
  });
  const deadline = Date.now() + timeoutMs;
  while (!(await ready())) {
    if (code !== undefined || Date.now() > deadline) {
      const what = code === undefined ? `did not answer within ${timeoutMs / 1000} s` : `ended with code ${code}`;
      await server.stop();
      throw new Error(`${server.name} ${what}. The end of its log (${logFile}):\n${tail(logFile)}`);
    }
    await sleep(100);
  }
}

/**
 * Ends a server that an earlier run left behind. `marker` must occur in the process's command line, so that a number
 * that the system has given to someone else since is left alone.
 */
export async function endStaleServer(pid: number, marker: string): Promise<void> {
  if (!runsWith(pid, marker)) return;
  process.kill(pid, 'SIGINT');
  const deadline = Date.now() + STALE_END_MS;
  while (runsWith(pid, marker) && Date.now() < deadline) await sleep(100);
  if (runsWith(pid, marker)) process.kill(pid, 'SIGKILL');
}

/** Whether process `pid` is alive and its command line contains `marker`. */
export function runsWith(pid: number, marker: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').includes(marker);
  } catch {
    return false;
  }
}

/**
 * Below the ports that systems give to whoever asks for any: none of those takes one of ours before the server listens that it is
 * chosen for.
 */
const OWN_PORTS = { first: 15_000, count: 17_000 };

/** A TCP port on the loopback address: `wanted` if nobody listens there, else a free one. */
export async function choosePort(wanted?: number): Promise<number> {
  const port = await tryPort(wanted ?? OWN_PORTS.first + randomInt(OWN_PORTS.count));
  return port ?? (await choosePort());
}

/** Whether somebody takes connections at a port of the loopback address. */
export async function listens(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

function tryPort(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.on('error', () => resolve(undefined));
    server.listen({ port, host: '127.0.0.1' }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : undefined));
    });
  });
}

function tail(file: string): string {
  if (!existsSync(file)) return '  (empty)';
  return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-20).join('\n');
}
