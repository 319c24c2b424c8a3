/** The image that the sandbox's boxes start from (docs/sandbox.md). */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { NODE } from './node-modules.mjs';
import { exists, ROOT, runStep, say } from './steps.mjs';
import { WHEELS_STAMP } from './wheels.mjs';

/** Makes it where it is missing, or older than one of its sources. Throws SetupError. */
export async function makeBox() {
  const image = join(ROOT, '.build', 'box', 'image.json');
  if (exists(image) && sources().every((source) => statSync(source).mtimeMs < statSync(image).mtimeMs)) return;
  const advice = 'read what it says above; `npm ci` restores the packages that it is made of.';
  const made = await runStep('Making the image of the sandbox', 'box', [NODE, join(ROOT, 'deploy', 'make-box.ts')], {
    advice,
  });
  // What it prints is what it had to do without.
  for (const line of made.split('\n').filter((line) => line !== '')) say(line);
}

/** @returns {string[]} */
function sources() {
  const folder = join(ROOT, 'lib', 'sandbox');
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return [
    ...names.filter((name) => /\.(py|ts)$/.test(name)).map((name) => join(folder, name)),
    join(ROOT, 'package-lock.json'),
    ...['box-image.ts', 'typical.ts', 'typical.py'].map((name) => join(ROOT, 'deploy', name)),
    ...(exists(WHEELS_STAMP) ? [WHEELS_STAMP] : []),
  ];
}
