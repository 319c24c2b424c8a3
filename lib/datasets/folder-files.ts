import { readdir, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { PermanentError } from '../errors/errors.ts';

/**
 * The paths of all files below a folder, from there on. Links to files and to folders are followed; one that leads back to a
 * folder above it adds nothing.
 * @throws PermanentError DatasetInvalid for a link that leads nowhere; what the file system throws for a folder that can't be read
 */
export async function filesBelow(dir: string): Promise<string[]> {
  return walk(dir, '', []);
}

async function walk(dir: string, below: string, above: readonly string[]): Promise<string[]> {
  const real = await realpath(join(dir, below));
  if (above.includes(real)) return [];
  const found: string[] = [];
  for (const entry of await readdir(real, { withFileTypes: true })) {
    const path = join(below, entry.name);
    const kind = entry.isSymbolicLink() ? await target(join(dir, path)) : entry;
    if (kind?.isDirectory()) found.push(...(await walk(dir, path, [...above, real])));
    else if (kind?.isFile()) found.push(path);
  }
  return found;
}

/** What a link leads to. Links whose names begin with a dot are editors' marks: they need lead nowhere. */
async function target(path: string) {
  try {
    return await stat(path);
  } catch (cause) {
    if (/[/\\]\.[^/\\]*$/.test(path)) return undefined;
    const message = `${path} is a link that leads nowhere. Mend or remove it.`;
    throw new PermanentError('DatasetInvalid', message, { cause });
  }
}
