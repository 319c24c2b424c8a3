/** Installs `node_modules` from the lock file when it is missing or differs from it. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { exists, ROOT, runStep } from './steps.mjs';

/** Node 24, whatever the host has: the runtime of the functions (`nodejs24.x`). */
export const NODE = join(ROOT, 'node_modules', '.bin', 'node');

/** Installs the packages of package-lock.json unless they are there already. Throws SetupError when npm fails. */
export async function installModules() {
  if (modulesMatchLock() && nodeRuns()) return;
  // The npm that started us, run by the node that runs it: the PATH may hold the Node that is being replaced.
  const { npm_execpath: npm, npm_node_execpath: node } = process.env;
  // Warnings about engines are about the host's Node, which runs nothing but the installation.
  const quiet = ['--no-audit', '--no-fund', '--loglevel=error'];
  const program = npm && node && exists(npm) && exists(node) && !node.startsWith(ROOT) ? [node, npm] : ['npm'];
  await runStep('Installing the Node packages (npm ci)', 'npm-ci', [...program, 'ci', ...quiet], {
    advice:
      'check that npm reaches its registry (`npm ping`) and that package.json and package-lock.json agree, then start again.',
    env: withoutModules(process.env),
  });
  if (nodeRuns()) return;
  // npm skips install scripts where it is configured to (ignore-scripts); the packages listed in allowScripts need theirs.
  await runStep(
    'Running the install scripts of the packages',
    'npm-rebuild',
    [...program, 'rebuild', '--ignore-scripts=false', ...quiet],
    {
      advice:
        'allow install scripts for the packages under "allowScripts" in package.json, delete node_modules and start again.',
      env: withoutModules(process.env),
    },
  );
}

/** @returns {boolean} whether node_modules holds every package of the lock file in its version, by npm's own record */
function modulesMatchLock() {
  const record = join(ROOT, 'node_modules', '.package-lock.json');
  if (!exists(record)) return false;
  const wanted = readPackages(join(ROOT, 'package-lock.json'));
  const present = readPackages(record);
  return Object.entries(wanted).every(
    ([path, { version, optional }]) => path === '' || optional || present[path]?.version === version,
  );
}

/** @param {string} lockFile @returns {Record<string, { version?: string, optional?: boolean }>} */
function readPackages(lockFile) {
  return JSON.parse(readFileSync(lockFile, 'utf8')).packages;
}

/** @returns {boolean} */
function nodeRuns() {
  return spawnSync(NODE, ['--version']).status === 0;
}

/**
 * npm's scripts put node_modules/.bin first; an install script must not use the Node that is being installed.
 * @param {NodeJS.ProcessEnv} env @returns {NodeJS.ProcessEnv}
 */
function withoutModules(env) {
  const folders = (env.PATH ?? '').split(':').filter((folder) => !folder.startsWith(join(ROOT, 'node_modules')));
  return { ...env, PATH: folders.join(':') };
}
