import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { RUNTIME_VERSION } from '../../lib/sandbox/protocol.ts';

const FOLDER = join(import.meta.dirname, '..', '..', 'lib', 'sandbox', 'python');

test('the version of the runtime is that of its text: what it made before is made anew where it changes', () => {
  const paths = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.py'));
  const hash = createHash('sha256');
  for (const path of paths.sort()) hash.update(readFileSync(join(FOLDER, path)));
  expect(hash.digest('hex').slice(0, 12), 'set RUNTIME_VERSION of lib/sandbox/protocol.ts to this').toBe(
    RUNTIME_VERSION,
  );
});
