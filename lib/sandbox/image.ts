import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';

/** The file that says what an image is made of. */
export const IMAGE_FILE = 'image.json';

const imageFile = z.object({ fingerprint: z.string(), snapshot: z.boolean(), wheels: z.array(z.string()) });

/**
 * The folder that boxes are made from: `box.cjs`, `watch.cjs`, `context.js`, Pyodide's two files, `runtime.json`, `wheels/` and,
 * where it could be made, `snapshot.bin`. `npm run build` makes it; the function finds it beside its code.
 */
export interface BoxImage {
  readonly folder: string;
  /** Of all that it is made from: two images with the same one answer alike. */
  readonly fingerprint: string;
  /** Whether boxes start from the snapshot; without, they start cold. */
  readonly snapshot: boolean;
  /** File names of the wheels in it. */
  readonly wheels: readonly string[];
}

/** Where the image lies, in the repository as in a deployed function. */
export function deployedImage(root: string): string {
  return join(root, '.build', 'box');
}

/** The image in a folder, or null where there is none. */
export function readImage(folder: string): BoxImage | null {
  try {
    return { folder, ...imageFile.parse(JSON.parse(readFileSync(join(folder, IMAGE_FILE), 'utf8'))) };
  } catch {
    return null;
  }
}
