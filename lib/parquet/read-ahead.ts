import type { RowGroupPlace } from './metadata.ts';
import type { FileBytes } from './window.ts';

/** Row groups are read together while all of them are no longer than this. In bytes. */
const STRETCH_BYTES = 3 * 1024 ** 2;

/** Row groups that follow each other, and where to read them from. */
export interface Stretch {
  readonly groups: readonly RowGroupPlace[];
  readonly file: FileBytes;
}

interface Planned {
  readonly groups: RowGroupPlace[];
  /** Bytes of the file, up to, not including, `end`. */
  start: number;
  end: number;
}

/**
 * Goes through row groups in order. Small ones, of which files can have thousands, are fetched together, all columns in one
 * request, and while they are worked through the next ones are on their way; of large ones the columns are read by windows.
 * A stretch is good until the one after the next is asked for: their memory is used again.
 */
export async function* readStretches(file: FileBytes, groups: readonly RowGroupPlace[]): AsyncGenerator<Stretch> {
  const stretches = planStretches(groups);
  const memory = [new Uint8Array(), new Uint8Array()];
  const fetch = (index: number) => {
    const stretch = stretches[index];
    if (stretch === undefined || !isSmall(stretch)) return undefined;
    const { start, end } = stretch;
    const held = memory[index % 2];
    const into = held && held.length >= end - start ? held : new Uint8Array(end - start);
    memory[index % 2] = into;
    const bytes = file.read(start, end, into);
    bytes.catch(() => {});
    return bytes;
  };
  let next = fetch(0);
  for (const [index, { groups: members, start }] of stretches.entries()) {
    const bytes = await next;
    next = fetch(index + 1);
    const view = (from: number, to: number) => (bytes ?? new Uint8Array()).subarray(from - start, to - start);
    const inMemory = bytes && { size: file.size, view, read: async (from: number, to: number) => view(from, to) };
    yield { groups: members, file: inMemory ?? file };
  }
}

function planStretches(groups: readonly RowGroupPlace[]): Planned[] {
  const stretches: Planned[] = [];
  for (const group of groups) {
    const own = placeOf(group);
    const last = stretches.at(-1);
    const start = Math.min(last?.start ?? own.start, own.start);
    const end = Math.max(last?.end ?? own.end, own.end);
    if (last === undefined || end - start > STRETCH_BYTES) stretches.push({ groups: [group], ...own });
    else {
      last.groups.push(group);
      last.start = start;
      last.end = end;
    }
  }
  return stretches;
}

function placeOf({ chunks }: RowGroupPlace): { start: number; end: number } {
  let start = Number.POSITIVE_INFINITY;
  let end = 0;
  for (const chunk of chunks) {
    start = Math.min(start, chunk.start);
    end = Math.max(end, chunk.end);
  }
  return { start, end };
}

function isSmall({ start, end }: Planned): boolean {
  return end > start && end - start <= STRETCH_BYTES;
}
