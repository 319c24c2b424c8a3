/**
 * Long steps of the set-up: run a command, show that it is alive, keep its output, and say what to do when it fails.
 * Plain JavaScript without dependencies, as it runs before anything is installed.
 */
import { spawn } from 'node:child_process';
import { createWriteStream, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

/** The folder of the repository. */
export const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
/** Everything that is installed besides node_modules; safe to delete, git ignores it. */
export const CACHE = join(ROOT, '.cache');

/** A failure of the set-up that says what to do next. */
export class SetupError extends Error {
  /** @param {string} message what failed @param {string} advice what to do about it */
  constructor(message, advice) {
    super(`${message}\n  What to do: ${advice}`);
    this.name = 'SetupError';
  }
}

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
 * Runs `work` while no other set-up of this folder runs; waits for one that does. A lock whose owner died is ignored.
 * @template T
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withSetupLock(work) {
  const lock = join(CACHE, 'setup.lock');
  mkdirSync(CACHE, { recursive: true });
  for (let waited = 0; !tryLock(lock); waited++) {
    if (waited % 20 === 0) say('waiting for another set-up of this folder to end ...');
    await sleep(500);
  }
  try {
    return await work();
  } finally {
    rmSync(lock, { force: true });
  }
}

/** @param {string} path @returns {boolean} whether there is a file or folder */
export function exists(path) {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}

/** @param {string} lock @returns {boolean} */
function tryLock(lock) {
  try {
    writeFileSync(lock, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error) || error.code !== 'EEXIST') throw error;
  }
  try {
    process.kill(Number(readFileSync(lock, 'utf8')), 0);
  } catch {
    rmSync(lock, { force: true });
  }
  return false;
}

/** @param {string} program @param {string[]} args @param {NodeJS.ProcessEnv} env @param {string} logFile */
function collect(program, args, env, logFile) {
  /** @type {Promise<{ code: number | string, stdout: string }>} */
  const ended = new Promise((resolve) => {
    const log = createWriteStream(logFile);
    let stdout = '';
    const child = spawn(program, args, { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe'] });
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

/** @param {string} file @returns {string} its first and last lines, indented */
function shown(file) {
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
  const some =
    lines.length <= 2 * SHOWN_LINES ? lines : [...lines.slice(0, SHOWN_LINES), '...', ...lines.slice(-SHOWN_LINES)];
  return some.map((line) => `    ${line}`).join('\n');
}
