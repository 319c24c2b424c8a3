/** Before each of Hadoop's frames: how long it is unpacked and packed, most significant byte first. */
const FRAME_BYTES = 8;

/** Unpacks an LZ4 block into `size` bytes, using up all of the input. Throws Error where it is damaged or of another size. */
export function unpackLz4Raw(input: Uint8Array, size: number): Uint8Array {
  const output = new Uint8Array(size);
  if (unpackBlock(input, output) !== size) throw damaged();
  return output;
}

/** As {@link unpackLz4Raw}, for the older codec of that name: Hadoop's frames, or where it is none of them, one block. */
export function unpackLz4(input: Uint8Array, size: number): Uint8Array {
  return unpackFrames(input, size) ?? unpackLz4Raw(input, size);
}

/** Undefined where the input is not made of frames that are as long as they say. */
function unpackFrames(input: Uint8Array, size: number): Uint8Array | undefined {
  const view = new DataView(input.buffer, input.byteOffset, input.byteLength);
  const frames: { from: number; to: number; unpacked: number }[] = [];
  let total = 0;
  let at = 0;
  while (at < input.length) {
    if (at + FRAME_BYTES > input.length) return undefined;
    const unpacked = view.getUint32(at);
    const packed = view.getUint32(at + 4);
    const from = at + FRAME_BYTES;
    at = from + packed;
    total += unpacked;
    if (at > input.length || total > size) return undefined;
    frames.push({ from, to: at, unpacked });
  }
  if (total !== size) return undefined;
  const output = new Uint8Array(size);
  let out = 0;
  for (const { from, to, unpacked } of frames) {
    const part = output.subarray(out, out + unpacked);
    if (unpacked > 0 && unpackBlock(input.subarray(from, to), part) !== unpacked) throw damaged();
    out += unpacked;
  }
  return output;
}

/** Gives how many bytes were written. */
function unpackBlock(input: Uint8Array, output: Uint8Array): number {
  let at = 0;
  let out = 0;
  const longer = (start: number) => {
    let length = start;
    if (start < 15) return length;
    for (;;) {
      const byte = input[at++];
      if (byte === undefined) throw damaged();
      length += byte;
      if (byte < 255) return length;
    }
  };
  while (at < input.length) {
    const token = input[at++] ?? 0;
    const literals = longer(token >> 4);
    if (at + literals > input.length || out + literals > output.length) throw damaged();
    output.set(input.subarray(at, at + literals), out);
    at += literals;
    out += literals;
    // The last sequence has no match.
    if (at === input.length) return out;
    if (at + 2 > input.length) throw damaged();
    const offset = (input[at] ?? 0) | ((input[at + 1] ?? 0) << 8);
    at += 2;
    const length = longer(token & 15) + 4;
    if (offset === 0 || offset > out || out + length > output.length) throw damaged();
    if (offset >= length) {
      output.copyWithin(out, out - offset, out - offset + length);
      out += length;
    } else for (const end = out + length; out < end; out++) output[out] = output[out - offset] ?? 0;
  }
  throw damaged();
}

function damaged(): Error {
  return new Error('its LZ4 data is damaged');
}
