import { brotliDecompressSync, unzipSync, zstdDecompressSync } from 'node:zlib';
import { unpackLz4, unpackLz4Raw } from './lz4.ts';
import type { Codec } from './metadata.ts';
import { unpackSnappy } from './snappy.ts';

/**
 * The bytes of a page, which has to be exactly as long as it says: nothing is written beyond that, and nothing of what is
 * packed is left over. Throws Error where it is not, or the codec is not known here.
 */
export function decompress(codec: Codec, packed: Uint8Array, size: number): Uint8Array {
  // An empty page (nothing but NULLs) is not always valid input for its codec.
  if (size === 0) return new Uint8Array();
  switch (codec) {
    case 'UNCOMPRESSED':
      if (packed.length !== size) throw new Error(`a page is ${packed.length} bytes long but says ${size}`);
      // The memory that the page lies in is used again while its values are still being read.
      return packed.slice();
    case 'SNAPPY':
      return unpackSnappy(packed, size);
    case 'LZ4':
      return unpackLz4(packed, size);
    case 'LZ4_RAW':
      return unpackLz4Raw(packed, size);
    case 'GZIP':
      return unpackWhole(unzipSync, packed, size);
    case 'BROTLI':
      return unpackWhole(brotliDecompressSync, packed, size);
    case 'ZSTD':
      return unpackWhole(zstdDecompressSync, packed, size);
    default:
      throw new Error(`its pages are packed with ${codec}, which is not read here`);
  }
}

type Unpacker = (input: Uint8Array, options: { maxOutputLength: number; info: true }) => unknown;

function unpackWhole(unpacker: Unpacker, packed: Uint8Array, size: number): Uint8Array {
  const parts: Uint8Array[] = [];
  let at = 0;
  let left = size;
  // ZSTD's frames may follow each other; what is not another one is refused by the unpacker.
  while (at < packed.length) {
    if (left === 0) throw new Error('a page has bytes behind what is packed in it');
    const { unpacked, taken } = told(unpacker(packed.subarray(at), { maxOutputLength: left, info: true }));
    if (taken === 0) throw new Error('a page can not be unpacked');
    at += taken;
    left -= unpacked.length;
    parts.push(unpacked);
  }
  if (left !== 0) throw new Error(`a page unpacks to ${size - left} bytes but says ${size}`);
  const [first] = parts;
  return parts.length === 1 && first !== undefined ? first : Buffer.concat(parts);
}

/** With `info`, zlib tells also how much of the input it took. */
function told(result: unknown): { unpacked: Uint8Array; taken: number } {
  if (typeof result === 'object' && result !== null && 'buffer' in result && 'engine' in result) {
    const { buffer, engine } = result;
    if (buffer instanceof Uint8Array && typeof engine === 'object' && engine !== null && 'bytesWritten' in engine) {
      return { unpacked: buffer, taken: Number(engine.bytesWritten) };
    }
  }
  throw new Error('zlib does not tell how much it took');
}
