/** The checker of CloudFormation templates, from PyPI; only a test uses it. */
import { join } from 'node:path';
import { installEnvironment } from './python-packages.mjs';
import { ROOT, say } from './steps.mjs';

/** The oldest Python that it runs on. */
const OLDEST_PYTHON = [3, 10];

/** Installs it once, and again when its lock changes. A machine without such a Python goes without. Throws SetupError. */
export async function installCfnLintForTests() {
  const installed = await installEnvironment({
    name: 'cfn-lint',
    what: 'cfn-lint (only a test uses it)',
    lock: join(ROOT, 'localstack', 'cfn-lint', 'requirements.lock'),
    oldest: OLDEST_PYTHON,
  });
  if (!installed)
    say(`No Python ${OLDEST_PYTHON.join('.')} or later with venv here: the check of the template will be skipped.`);
}
