import { existsSync } from 'node:fs';

/** Debian's, or the one that is named; undefined where there is none. */
export const CHROMIUM = [process.env['SAMPLER_CHROMIUM'] ?? '', '/usr/bin/chromium'].find(
  (path) => path !== '' && existsSync(path),
);
