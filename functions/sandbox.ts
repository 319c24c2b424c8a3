import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { deployedImage, readImage } from '../lib/sandbox/image.ts';
import { BoxKeeper } from '../lib/sandbox/keeper.ts';
import { type SandboxReply, sandboxEvent } from '../lib/sandbox/protocol.ts';

/** Boxes kept between events: the one in use, as this function has memory for one that is full. */
const KEPT = 1;

const keeper = new BoxKeeper(requireImage(), KEPT);

/**
 * Runs Python on texts and gives texts: invoked by name, by whoever needs functions of the harness. It may do nothing, has no
 * secret and keeps no log: what it is given may be hostile (docs/sandbox.md).
 */
export async function handler(event: unknown): Promise<SandboxReply> {
  return await keeper.answer(sandboxEvent.parse(event));
}

/** The image beside this bundle, or in a folder above it, as on the local stack. */
function requireImage() {
  for (let folder = __dirname; ; folder = dirname(folder)) {
    const image = existsSync(join(folder, '.build')) ? readImage(deployedImage(folder)) : null;
    if (image !== null) return image;
    if (folder === dirname(folder)) throw new Error('There is no image of boxes. Make it with: npm run build');
  }
}
