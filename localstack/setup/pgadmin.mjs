/** PG Admin from PyPI, for `npm run pgadmin`, and for its test where there is a browser. */
import { join } from 'node:path';
import { installEnvironment } from './python-packages.mjs';
import { exists, ROOT, SetupError, say } from './steps.mjs';

/** The oldest Python that the lock file's packages run on. */
const OLDEST_PYTHON = [3, 10];
const WANTED = `Python ${OLDEST_PYTHON.join('.')} or later with venv`;
/** Debian's browser, which the test uses. */
const CHROMIUM = '/usr/bin/chromium';

/** Installs PG Admin once, and again when its lock changes. Throws SetupError, also where no Python runs it. */
export async function installPgadmin() {
  if (await install()) return;
  throw new SetupError(`no ${WANTED} here`, `install one, or name its program in SAMPLER_PYTHON, then start again.`);
}

/** As {@link installPgadmin}, on machines whose browser can test it; without a Python for it, the test is skipped. */
export async function installPgadminForTests() {
  if (exists(CHROMIUM) && !(await install())) say(`No ${WANTED} here: PG Admin will not be tried in the browser.`);
}

/** @returns {Promise<boolean>} false where no Python runs it */
function install() {
  return installEnvironment({
    name: 'pgadmin',
    what: 'PG Admin (600 MB with all it needs)',
    lock: join(ROOT, 'localstack', 'pgadmin', 'requirements.lock'),
    oldest: OLDEST_PYTHON,
  });
}
