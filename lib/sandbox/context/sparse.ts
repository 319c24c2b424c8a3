/**
 * A snapshot of Pyodide's memory without its pages of zeros, which are half of it: reading and restoring them costs as much as
 * all others. Used by the context, which restores it, and where the image is made.
 *
 * The file is a row of 32-bit numbers in the machine's order (bytes of the head, bytes of memory, count of runs, and for each
 * run where it begins and its bytes), the head as Pyodide wrote it, and the runs one after the other.
 */

/** Bytes that are looked at together. */
const PAGE = 4096;
const NUMBER = 4;

/** A snapshot that was read. */
export interface SparseSnapshot {
  /** What Pyodide wrote before the memory: its build, and the objects of JavaScript that Python holds. */
  readonly head: Uint8Array;
  /** Bytes of memory. */
  readonly heapBytes: number;
  /** The memory that is not zero, by ascending address. */
  readonly runs: readonly { readonly at: number; readonly bytes: Uint8Array }[];
}

/** Drops the pages of zeros. @param full as `makeMemorySnapshot` gives it */
export function sparse(full: Uint8Array): Uint8Array {
  const headBytes = new DataView(full.buffer, full.byteOffset).getUint32(NUMBER, true);
  const heap = full.subarray(headBytes);
  const runs: { at: number; bytes: number }[] = [];
  for (let at = 0; at < heap.length; at += PAGE) {
    const page = heap.subarray(at, at + PAGE);
    if (page.every((byte) => byte === 0)) continue;
    const last = runs.at(-1);
    if (last !== undefined && last.at + last.bytes === at) last.bytes += page.length;
    else runs.push({ at, bytes: page.length });
  }
  const numbers = Uint32Array.of(headBytes, heap.length, runs.length, ...runs.flatMap(({ at, bytes }) => [at, bytes]));
  const parts = [
    new Uint8Array(numbers.buffer),
    full.subarray(0, headBytes),
    ...runs.map(({ at, bytes }) => heap.subarray(at, at + bytes)),
  ];
  const made = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    made.set(part, at);
    at += part.length;
  }
  return made;
}

/** Reads what {@link sparse} made; the runs are views of it. */
export function readSparse(file: ArrayBuffer): SparseSnapshot {
  const [headBytes = 0, heapBytes = 0, count = 0] = new Uint32Array(file, 0, 3);
  const numbers = new Uint32Array(file, 3 * NUMBER, 2 * count);
  let from = (3 + 2 * count) * NUMBER;
  const next = (bytes: number) => {
    from += bytes;
    return new Uint8Array(file, from - bytes, bytes);
  };
  // Pyodide reads it as numbers: a copy begins where one may.
  const head = next(headBytes).slice();
  const runs = Array.from({ length: count }, (_, i) => ({
    at: numbers[2 * i] ?? 0,
    bytes: next(numbers[2 * i + 1] ?? 0),
  }));
  return { head, heapBytes, runs };
}

/**
 * Makes a fresh memory the snapshot's.
 * @param used how far it may hold something already, in bytes; zeros beyond need no writing
 */
export function restore({ runs, heapBytes }: SparseSnapshot, memory: Uint8Array, used: number): void {
  let done = 0;
  for (const { at, bytes } of runs) {
    if (done < used) memory.fill(0, done, Math.min(at, used));
    memory.set(bytes, at);
    done = at + bytes.length;
  }
  if (done < used) memory.fill(0, done, Math.min(heapBytes, used));
}
