import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { deployedImage, readImage } from '../../lib/sandbox/image.ts';
import manifest from '../../package.json' with { type: 'json' };
import { wheelPath } from './catalogue.ts';
import { type Check, missing, ok, warn } from './check.ts';
import { LOCAL_ENV, namedByEnvironment, ROOT, STACK_VARIABLES, stackChoice } from './stack-choice.ts';

const NODE = 20;

/** What this machine has: versions, what the set-up brings, and the stack that is named. */
export function checkMachine(): Check[] {
  return [version(), python(), wheel(), sandbox(), stack()];
}

function version(): Check {
  const node = Number.parseInt(process.versions.node, 10);
  const what = `sampler ${manifest.version}, Node.js ${process.versions.node}`;
  return node >= NODE ? ok('versions', what) : missing('versions', what, `install Node.js ${NODE} or later`);
}

function python(): Check {
  const { stdout } = spawnSync('python3', ['-c', 'import sys, venv, pip; print(sys.version.split()[0])'], {
    encoding: 'utf8',
  });
  const found = stdout?.trim();
  if (found) return ok('Python', `${found}, with pip and venv (used to install, never to run)`);
  return warn(
    'Python',
    'no python3 with pip and venv: the set-up can download nothing',
    'apt-get install python3-pip python3-venv',
  );
}

function wheel(): Check {
  const path = wheelPath(undefined);
  if (existsSync(path)) return ok('wheel', path);
  return missing('wheel', `${path} is not there`, 'npm start (its set-up brings it)');
}

function sandbox(): Check {
  const image = readImage(deployedImage(ROOT));
  const wheels = existsSync(join(ROOT, '.cache', 'wheels', 'installed-from'));
  if (image !== null)
    return ok('sandbox', `its image is built, ${wheels ? 'with' : 'without'} the libraries for mathematics`);
  return warn(
    'sandbox',
    'its image is not built: tasks with Python functions can not be asked',
    'npm start (its set-up builds it)',
  );
}

function stack(): Check {
  const chosen = stackChoice();
  const unset = STACK_VARIABLES.filter((name) => !process.env[name]);
  if (chosen === 'none')
    return missing(
      'stack',
      'none: the environment names none, and .local/env is not there',
      'npm start (in another terminal)',
    );
  if (chosen === 'local') {
    if (existsSync(join(ROOT, '.local', 'ready')) && ownerLives())
      return ok('stack', '.local/env, which npm start wrote; it is running');
    return missing('stack', '.local/env, but npm start is not running', 'npm start (in another terminal)');
  }
  const names = namedByEnvironment();
  if (unset.length === 0) return ok('stack', 'the one that the environment names');
  const what = `the environment sets ${names.join(', ')} and not ${unset.join(', ')}`;
  if (!existsSync(LOCAL_ENV)) return missing('stack', what, `set ${unset.join(', ')} as well`);
  return missing('stack', `${what}, so that .local/env is not read`, `unset ${names.join(' ')}`);
}

/** Whether the process that took the local stack's lock is there: one that was killed leaves `.local/ready` behind. */
function ownerLives(): boolean {
  try {
    return process.kill(Number(readFileSync(join(ROOT, '.cache', 'local-stack.pid'), 'utf8')), 0);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
