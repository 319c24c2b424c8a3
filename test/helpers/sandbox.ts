import { join } from 'node:path';
import { makeBoxImage } from '../../deploy/box-image.ts';
import type { SandboxTransport } from '../../lib/sandbox/client.ts';
import { localSandbox } from '../../lib/sandbox/local.ts';

/** Boxes for a test, from an image that is made where it is missing or old. Dispose of it at the end. */
export async function testSandbox(): Promise<SandboxTransport & Disposable> {
  const root = join(import.meta.dirname, '..', '..');
  return localSandbox(await makeBoxImage(root, (line) => console.error(line)));
}
