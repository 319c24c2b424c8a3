import { snappyUncompressor } from 'hysnappy';

/** A decoder keeps the memory that it once took; for a page longer than this one is made that is thrown away. In bytes. */
const KEPT_BYTES = 8 * 1024 ** 2;

let kept: ReturnType<typeof snappyUncompressor> | undefined;

/**
 * Unpacks snappy's raw form into `size` bytes, using up all of the input. Throws Error where the input is damaged or unpacks
 * to another size.
 */
export function unpackSnappy(input: Uint8Array, size: number): Uint8Array {
  checkSnappy(input, size);
  if (input.length + size > KEPT_BYTES) return snappyUncompressor()(input, size);
  kept ??= snappyUncompressor();
  return kept(input, size);
}

/** Follows the steps of an unpacking without doing them: the decoder, in WebAssembly, is not told how much room it has. */
function checkSnappy(input: Uint8Array, size: number): void {
  let at = 0;
  let claimed = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = input[at++];
    if (byte === undefined || shift > 28) throw damaged();
    claimed += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) break;
  }
  if (claimed !== size) throw new Error(`its snappy data says ${claimed} bytes where the page says ${size}`);
  let out = 0;
  while (at < input.length) {
    const tag = input[at++] ?? 0;
    const kind = tag & 3;
    if (kind === 0) {
      let length = tag >> 2;
      if (length >= 60) {
        const bytes = length - 59;
        if (at + bytes > input.length) throw damaged();
        length = number(input, at, bytes);
        at += bytes;
      }
      at += length + 1;
      out += length + 1;
      if (at > input.length) throw damaged();
    } else {
      const bytes = kind === 3 ? 4 : kind;
      if (at + bytes > input.length) throw damaged();
      const offset = number(input, at, bytes) + (kind === 1 ? (tag >> 5) << 8 : 0);
      at += bytes;
      if (offset === 0 || offset > out) throw damaged();
      out += kind === 1 ? ((tag >> 2) & 7) + 4 : (tag >> 2) + 1;
    }
    if (out > size) throw damaged();
  }
  if (out !== size) throw damaged();
}

/** Least significant byte first. */
function number(input: Uint8Array, at: number, bytes: number): number {
  let value = input[at] ?? 0;
  if (bytes > 1) value += (input[at + 1] ?? 0) << 8;
  if (bytes > 2) value += (input[at + 2] ?? 0) << 16;
  if (bytes > 3) value += (input[at + 3] ?? 0) * 2 ** 24;
  return value;
}

function damaged(): Error {
  return new Error('its snappy data is damaged');
}
