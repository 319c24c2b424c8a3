import { createHash, type Hash } from 'node:crypto';
import { PermanentError, SamplerError, TransientError } from '../errors/errors.ts';
import type { Hub, HubCommit, HubFile } from './hub.ts';

/** A download that is cut off continues where it was, as long as this many cuts in a row bring nothing new. */
const MAX_CUTS = 5;
/** Files outside of large file storage are small; a longer one is not held in memory. */
const MAX_PLAIN_BYTES = 32 * 1024 ** 2;

/**
 * A file's bytes, in order. Where the connection is cut off, it continues from there. The last piece comes only once size and
 * SHA-256 are right: whoever got all of it got the file, and whoever did not got an error.
 * @throws PermanentError DatasetInvalid where the bytes are not those that the hub's own hash means
 * @throws TransientError Unavailable where the hub is
 */
export async function* download(hub: Hub, commit: HubCommit, file: HubFile): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256');
  let got = 0;
  let held: Uint8Array | undefined;
  for (let cuts = 0; got < file.size; ) {
    const before = got;
    try {
      for await (const chunk of hub.read(commit, file, got)) {
        got += chunk.length;
        if (got > file.size) throw differs(commit, file, `is longer than its ${file.size} bytes`);
        hash.update(chunk);
        if (held !== undefined) yield held;
        held = chunk;
      }
      if (got < file.size) throw cutOff(commit, file, got);
    } catch (error) {
      if (error instanceof SamplerError && error.permanent) throw error;
      cuts = got > before ? 0 : cuts + 1;
      if (cuts >= MAX_CUTS) throw error;
    }
  }
  checkHash(commit, file, hash);
  if (held !== undefined) yield held;
}

/**
 * A file outside of large file storage, whole: the hub knows only git's hash of it.
 * @throws as {@link download}
 */
export async function downloadPlain(hub: Hub, commit: HubCommit, file: HubFile): Promise<Buffer> {
  if (file.size > MAX_PLAIN_BYTES)
    throw differs(commit, file, `is ${file.size} bytes long without being in large file storage`);
  const chunks: Uint8Array[] = [];
  for await (const chunk of download(hub, commit, file)) chunks.push(chunk);
  const bytes = Buffer.concat(chunks);
  const oid = createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');
  if (oid !== file.oid) throw differs(commit, file, `has the git hash ${oid} instead of ${file.oid}`);
  return bytes;
}

function checkHash(commit: HubCommit, file: HubFile, hash: Hash): void {
  if (file.sha256 === undefined) return;
  const actual = hash.digest('hex');
  if (actual !== file.sha256) throw differs(commit, file, `has the SHA-256 ${actual} instead of ${file.sha256}`);
}

function differs({ repo, sha }: HubCommit, { path }: HubFile, how: string): PermanentError {
  return new PermanentError('DatasetInvalid', `${path} of ${repo} at ${sha} ${how}: what came is not the hub's file.`, {
    context: { repo, path },
  });
}

function cutOff({ repo }: HubCommit, { path, size }: HubFile, got: number): TransientError {
  return new TransientError('Unavailable', `${path} of ${repo} was cut off after ${got} of ${size} bytes.`);
}
