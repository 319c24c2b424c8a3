import { gunzipSync, gzipSync } from 'node:zlib';
import * as z from 'zod';
import { PermanentError } from '../errors/errors.ts';

/** Raised when what is stored changes its form. */
const FORMAT = 1;
/** Letters of JSON that an archive may unpack to. */
const MAX_UNPACKED = 64_000_000;

const archiveSchema = z.object({
  format: z.literal(FORMAT),
  /** The files by their paths below the folder, as base64. */
  files: z.array(z.tuple([z.string(), z.string()])),
  /** Files that lay loose in the bucket's folder when this was staged: path and ETag. They don't count any more. */
  replaces: z.array(z.tuple([z.string(), z.string()])),
});

/** A staged folder of definitions: its files, and which loose ones it stands for. */
export interface IncludeArchive {
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly replaces: ReadonlyMap<string, string>;
}

/**
 * Where a staged folder's one object stands, below `include/<name>/`. S3 replaces an object in one step, and so a folder. The
 * name begins with a dot, as no file that is staged does.
 */
export const INCLUDE_ARCHIVE = '.staged.json.gz';

/** A folder as one object; equal folders give equal bytes. */
export function encodeInclude({ files, replaces }: IncludeArchive): Uint8Array {
  const texts = [...files].map(([path, body]) => [path, Buffer.from(body).toString('base64')]);
  const archive = { format: FORMAT, files: texts, replaces: [...replaces] };
  return gzipSync(JSON.stringify(archive));
}

/** Reads what {@link encodeInclude} made. @throws PermanentError BadMessage where it is damaged, or of another version of ours. */
export function decodeInclude(name: string, stored: Uint8Array): IncludeArchive {
  try {
    const unpacked = gunzipSync(stored, { maxOutputLength: MAX_UNPACKED }).toString();
    const { files, replaces } = archiveSchema.parse(JSON.parse(unpacked));
    return {
      files: new Map(files.map(([path, text]) => [path, Buffer.from(text, 'base64')])),
      replaces: new Map(replaces),
    };
  } catch (cause) {
    throw new PermanentError(
      'BadMessage',
      `include_path "${name}": what is staged there can't be read; stage it again: npx sampler stage harness --include-path ${name}=DIR`,
      { cause },
    );
  }
}
