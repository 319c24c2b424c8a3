/** The libraries that the harness scores answers with: pure Python from PyPI, for the image of the sandbox (docs/sandbox.md). */
import { createHash } from 'node:crypto';
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { downloadWheels } from './python-packages.mjs';
import { CACHE, exists, ROOT } from './steps.mjs';

const FOLDER = join(CACHE, 'wheels');

/** Written last: the wheels are those of a lock file with this hash. */
export const WHEELS_STAMP = join(FOLDER, 'installed-from');

/** Downloads the wheels once, and again when their lock changes. Throws SetupError. */
export async function installWheels() {
  const wanted = createHash('sha256')
    .update(readFileSync(join(ROOT, 'localstack', 'wheels', 'requirements.lock')))
    .digest('hex');
  if (exists(WHEELS_STAMP) && readFileSync(WHEELS_STAMP, 'utf8') === wanted) return;
  await downloadWheels('Downloading libraries that score answers (7 MB)', 'wheels', (_, folder) => {
    rmSync(FOLDER, { recursive: true, force: true });
    renameSync(folder, FOLDER);
  });
  writeFileSync(WHEELS_STAMP, wanted);
}
