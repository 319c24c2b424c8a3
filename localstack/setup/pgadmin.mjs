/** PG Admin from PyPI, for `npm run pgadmin`, and for its test where there is a browser. */
import { join } from 'node:path';
import { installEnvironment } from './python-packages.mjs';
import { exists, ROOT, SetupError } from './steps.mjs';

/** The oldest Python that the lock file's packages run on. */
const OLDEST_PYTHON = [3, 10];
/** Debian's browser, which the test uses. */
const CHROMIUM = '/usr/bin/chromium';

/** Installs PG Admin once, and again when its lock changes. Throws SetupError. */
export async function installPgadmin() {
  const installed = await installEnvironment({
    name: 'pgadmin',
    what: 'PG Admin (600 MB with all it needs)',
    lock: join(ROOT, 'localstack', 'pgadmin', 'requirements.lock'),
    oldest: OLDEST_PYTHON,
  });
  if (installed) return;
  const wanted = `Python ${OLDEST_PYTHON.join('.')} or later with venv`;
  throw new SetupError(
    `no ${wanted} here`,
    `install ${wanted}, or name its program in SAMPLER_PYTHON, then start again.`,
  );
}

/** As {@link installPgadmin}, on machines whose browser can test it. */
export async function installPgadminForTests() {
  if (exists(CHROMIUM)) await installPgadmin();
}
