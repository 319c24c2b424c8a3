import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import * as z from 'zod';
import { SUPPORTED_HOOKS } from '../../hooks/registry.ts';
import { type Catalogue, HARNESS_VERSION } from '../catalogue.ts';
import { type HarnessStore, StagedHarness } from '../staged-harness.ts';
import { requireSupported } from '../support.ts';
import { type HarnessObjects, harnessObjects } from './objects.ts';

const DIGEST_BYTES = 32;
const keptSchema = z.object({
  version: z.string(),
  tasks: z.int(),
  supported: z.int(),
  groups: z.int(),
  tags: z.int(),
  skipped: z.array(z.string()),
  objects: z.map(z.string(), z.instanceof(Uint8Array)),
});

/**
 * What staging a wheel puts into the bucket. What was compiled is kept in `folder`, by the wheel's bytes and those of the code that
 * reads it; what is damaged there is compiled again.
 * @param code the folder of that code, as it stands in this repository
 * @throws PermanentError Configuration where the file is no wheel of the version in use
 */
export async function keptHarness(wheelPath: string, folder: string, code: string): Promise<HarnessObjects> {
  const file = join(folder, `${await keyOf(wheelPath, code)}.catalogue`);
  const kept = await readKept(file);
  if (kept !== null) return kept;
  const made = await harnessObjects(wheelPath);
  // A folder that can't be written to costs time, nothing else.
  await keep(folder, file, made).catch(() => {});
  return made;
}

/** The catalogue as staging a wheel would make it, without a bucket. */
export async function catalogueIn({ objects }: HarnessObjects): Promise<Catalogue> {
  const opened = await new StagedHarness(storeOf(objects), HARNESS_VERSION).open();
  return {
    source: `lm-eval ${HARNESS_VERSION}`,
    index: opened.index,
    find: async (name) => (opened.index.has(name) ? opened.find(name) : null),
    requireSupported: (entry) => requireSupported(entry, SUPPORTED_HOOKS),
    sources: opened.sources,
  };
}

/** A file is its digest, then what was made of a wheel. */
async function readKept(file: string): Promise<HarnessObjects | null> {
  try {
    const bytes = await readFile(file);
    const body = bytes.subarray(DIGEST_BYTES);
    if (!digestOf(body).equals(bytes.subarray(0, DIGEST_BYTES))) return null;
    return keptSchema.parse(deserialize(body));
  } catch {
    return null;
  }
}

/** Only the last one is kept. Two commands at a time write the same. */
async function keep(folder: string, file: string, made: HarnessObjects): Promise<void> {
  await mkdir(folder, { recursive: true });
  const objects = new Map([...made.objects].map(([key, bytes]) => [key, new Uint8Array(bytes)]));
  const body = serialize({ ...made, objects });
  const unfinished = `${file}.${process.pid}`;
  await writeFile(unfinished, Buffer.concat([digestOf(body), body]));
  await rename(unfinished, file);
  const old = (await readdir(folder)).filter((name) => name.endsWith('.catalogue') && join(folder, name) !== file);
  await Promise.all(old.map((name) => rm(join(folder, name), { force: true })));
}

async function keyOf(wheelPath: string, code: string): Promise<string> {
  const hash = createHash('sha256').update(await readFile(wheelPath).catch(() => ''));
  // The versions of the libraries that read it stand there.
  hash.update(await readFile(join(code, '..', 'package.json')));
  const found = await readdir(code, { recursive: true, withFileTypes: true });
  const paths = found.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  for (const path of paths.sort()) hash.update(`\0${relative(code, path)}\0`).update(await readFile(path));
  return hash.digest('hex').slice(0, 32);
}

function storeOf(objects: ReadonlyMap<string, Uint8Array>): HarnessStore {
  return {
    name: 'the wheel',
    async get(key) {
      const body = objects.get(key);
      return body === undefined ? null : { body, etag: undefined };
    },
    async *list() {},
  };
}

function digestOf(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}
