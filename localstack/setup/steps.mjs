/**
 * Long steps of the set-up: run a command, show that it is alive, keep its output, and say what to do when it fails.
 * Plain JavaScript without dependencies, as it runs before anything is installed.
 */
import { spawn } from 'node:child_process';
import {
  appendFileSync,
  createWriteStream,
  mkdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

/** The folder of the repository. */
export const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
/** Everything that is installed besides node_modules; safe to delete, git ignores it. */
export const CACHE = join(ROOT, '.cache');

/** The processes of the set-up that is under way: its own id, then one line for each step. */
const LOCK = join(CACHE, 'setup.lock');

/** A failure of the set-up that says what to do next. */
export class SetupError extends Error {
  /** @param {string} message what failed @param {string} advice what to do about it */
  constructor(message, advice) {
    super(`${message}\n  What to do: ${advice}`);
    this.name = 'SetupError';
  }
}

/** @type {readonly NodeJS.Signals[]} */
const ENDING = ['SIGINT', 'SIGTERM', 'SIGHUP'];
/** The steps that run now. @type {Set<import('node:child_process').ChildProcess>} */
const running = new Set();
/** How often a running step says that it is still running. */
const PULSE_MS = 10_000;
/** Lines of a failed command's output that are shown, from either end. */
const SHOWN_LINES = 15;

/**
 * Runs one command as a visible step. Its output goes to `.cache/logs/<log>.log`.
 * @param {string} title what the step does, for the reader
 * @param {string} log name of its log file
 * @param {string[]} command program and arguments
 * @param {{ advice: string, env?: NodeJS.ProcessEnv }} options `advice` is printed when the command fails
 * @returns {Promise<string>} what it wrote to standard output
 * @throws {SetupError} when it can't be started or ends with another code than 0
 */
export async function runStep(title, log, [program = '', ...args], { advice, env = process.env }) {
  const logFile = join(CACHE, 'logs', `${log}.log`);
  mkdirSync(dirname(logFile), { recursive: true });
  const started = Date.now();
  const seconds = () => Math.round((Date.now() - started) / 1000);
  say(`${title} ...`);
  const pulse = setInterval(() => say(`${title} ... still running, ${seconds()} s`), PULSE_MS);
  try {
    const { code, stdout } = await collect(program, args, env, logFile);
    if (code !== 0)
      throw new SetupError(`${title} failed (${code}):\n${shown(logFile)}\n  All of it: ${logFile}`, advice);
    say(`${title}: done in ${seconds()} s`);
    return stdout;
  } finally {
    clearInterval(pulse);
  }
}

/** Prints one line about the set-up; standard output is for what the script itself prints. @param {string} line */
export function say(line) {
  console.error(`[setup] ${line}`);
}

/**
 * Runs `work` while no other set-up of this folder runs; waits for one that does, and for the steps of one that was killed,
 * which may still write. A lock of processes that all died is ignored.
 * @template T
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withSetupLock(work) {
  mkdirSync(CACHE, { recursive: true });
  for (let waited = 0; !tryLock(LOCK); waited++) {
    if (waited % 20 === 0) say('waiting for another set-up of this folder to end ...');
    await sleep(500);
  }
  try {
    return await work();
  } finally {
    rmSync(LOCK, { force: true });
  }
}

/** @param {string} path @returns {boolean} whether there is a file or folder */
export function exists(path) {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}

/** @param {string} lock @returns {boolean} */
function tryLock(lock) {
  try {
    writeFileSync(lock, `${process.pid}\n`, { flag: 'wx' });
    return true;
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error) || error.code !== 'EEXIST') throw error;
  }
  try {
    const [owner = '', ...steps] = readFileSync(lock, 'utf8').trim().split('\n');
    if (!lives(owner) && !steps.some((step) => lives(step) && worksHere(step))) rmSync(lock, { force: true });
  } catch {
    // It was given back in between.
  }
  return false;
}

/** @param {string} pid @returns {boolean} */
function lives(pid) {
  try {
    return process.kill(Number(pid), 0);
  } catch {
    return false;
  }
}

/** The system gives the number of a process that ended to others. @param {string} pid @returns {boolean} */
function worksHere(pid) {
  try {
    return readlinkSync(`/proc/${pid}/cwd`) === ROOT;
  } catch {
    return false;
  }
}

/** @param {string} program @param {string[]} args @param {NodeJS.ProcessEnv} env @param {string} logFile */
function collect(program, args, env, logFile) {
  /** @type {Promise<{ code: number | string, stdout: string }>} */
  const ended = new Promise((resolve) => {
    const log = createWriteStream(logFile);
    let stdout = '';
    const child = spawn(program, args, { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe'] });
    if (running.size === 0) for (const signal of ENDING) process.on(signal, endSteps);
    running.add(child);
    const over = () => {
      if (running.delete(child) && running.size === 0) for (const signal of ENDING) process.off(signal, endSteps);
    };
    child.on('error', over).on('close', over);
    if (child.pid !== undefined && exists(LOCK)) appendFileSync(LOCK, `${child.pid}\n`);
    child.stdout.on('data', (chunk) => {
      stdout += chunk;
      log.write(chunk);
    });
    child.stderr.on('data', (chunk) => log.write(chunk));
    child.on('error', (error) => log.end(String(error), () => resolve({ code: 'could not be started', stdout })));
    child.on('close', (code, signal) => log.end(() => resolve({ code: code ?? signal ?? 'unknown end', stdout })));
  });
  return ended;
}

/** Ended by a signal, the set-up takes its steps with it: npm would go on, beside the npm of the next start. @param {NodeJS.Signals} signal */
function endSteps(signal) {
  for (const step of running) step.kill('SIGKILL');
  rmSync(LOCK, { force: true });
  process.exit(128 + constants.signals[signal]);
}

/** @param {string} file @returns {string} its first and last lines, indented */
function shown(file) {
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
  const some =
    lines.length <= 2 * SHOWN_LINES ? lines : [...lines.slice(0, SHOWN_LINES), '...', ...lines.slice(-SHOWN_LINES)];
  return some.map((line) => `    ${line}`).join('\n');
}
