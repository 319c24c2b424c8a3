import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import type { Transform } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { PermanentError } from '../errors/errors.ts';

/** Packed files by their first bytes, as `datasets` knows them; it unpacks all of these. */
const PACKED: readonly {
  readonly name: string;
  readonly magic: readonly number[];
  readonly unpack?: () => Transform;
}[] = [
  { name: 'gzip', magic: [0x1f, 0x8b], unpack: createGunzip },
  { name: 'zstd', magic: [0x28, 0xb5, 0x2f, 0xfd], unpack: createZstdDecompress },
  { name: 'bzip2', magic: [0x42, 0x5a, 0x68] },
  { name: 'xz', magic: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00] },
  { name: 'zip', magic: [0x50, 0x4b, 0x03, 0x04] },
  { name: 'lz4', magic: [0x04, 0x22, 0x4d, 0x18] },
];
const MOST_MAGIC = 6;

/**
 * The text of a file in UTF-8, some kilobytes at a time, unpacked where it is packed by gzip or zstd; without a mark of the byte order
 * in front.
 * @param refuse makes the error of what is wrong with the file, given as the end of a sentence about it
 */
export async function* fileText(path: string, refuse: (why: string) => PermanentError): AsyncGenerator<string> {
  const packed = await packedBy(path);
  const unpack = packed?.unpack;
  if (packed !== undefined && unpack === undefined) {
    throw refuse(`it is packed by ${packed.name}, which is not read here; unpack it, or pack it by gzip or zstd`);
  }
  const bytes = createReadStream(path);
  const source = unpack === undefined ? bytes : bytes.pipe(unpack());
  bytes.on('error', (error) => source.destroy(error));
  const decoder = new TextDecoder('utf-8', { fatal: true });
  try {
    for await (const chunk of source) yield decoder.decode(chunk, { stream: true });
    yield decoder.decode();
  } catch (error) {
    if (error instanceof PermanentError) throw error;
    if (error instanceof TypeError) throw refuse('from here on it is no UTF-8');
    if (isOfUnpacking(error)) throw refuse('from here on it can not be unpacked: it is cut off or damaged');
    throw error;
  } finally {
    bytes.destroy();
  }
}

async function packedBy(path: string): Promise<(typeof PACKED)[number] | undefined> {
  const handle = await open(path);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(MOST_MAGIC), 0, MOST_MAGIC, 0);
    return PACKED.find(({ magic }) => bytesRead >= magic.length && magic.every((byte, at) => buffer[at] === byte));
  } finally {
    await handle.close();
  }
}

function isOfUnpacking(error: unknown): boolean {
  return error instanceof Error && 'code' in error && /^(Z_|ERR_ZSTD|ZSTD_)/.test(String(error.code));
}
