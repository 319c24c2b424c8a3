import { describe, expect, it } from 'vitest';
import { readSparse, restore, sparse } from '../../lib/sandbox/context/sparse.ts';

const HEAD = 128;
const PAGE = 4096;

/** A snapshot as Pyodide gives one: magic number, bytes of the head, the head, the memory. */
function snapshotOf(memory: Uint8Array): Uint8Array {
  const full = new Uint8Array(HEAD + memory.length);
  new DataView(full.buffer).setUint32(4, HEAD, true);
  full.fill(7, 8, HEAD);
  full.set(memory, HEAD);
  return full;
}

describe('a snapshot without its zeros', () => {
  const memory = new Uint8Array(64 * PAGE);
  memory[0] = 1;
  memory.fill(2, 3 * PAGE + 5, 7 * PAGE);
  memory[40 * PAGE - 1] = 3;

  it.each([0, 2 * PAGE + 100, 20 * PAGE, 64 * PAGE])('is the same memory where %s bytes were in use', (used) => {
    const read = readSparse(new Uint8Array(sparse(snapshotOf(memory))).buffer);
    const fresh = new Uint8Array(64 * PAGE).fill(9, 0, used);
    restore(read, fresh, used);
    expect(Buffer.compare(fresh, memory)).toBe(0);
    expect(Buffer.compare(read.head, snapshotOf(memory).subarray(0, HEAD))).toBe(0);
    expect(read.heapBytes).toBe(memory.length);
  });

  it('leaves the zeros out', () => {
    expect(sparse(snapshotOf(memory)).length).toBeLessThan(8 * PAGE);
  });
});
