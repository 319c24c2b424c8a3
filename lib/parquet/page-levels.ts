import { bitWidth, readBitPacked, readHybrid } from './hybrid.ts';
import type { Encoding, PageContent } from './page-header.ts';
import type { Leaf } from './schema.ts';

/** Levels of a page; without definition levels every value is there, without repetition levels every entry is a row. */
export interface PageLevels {
  readonly definitions: Uint8Array | undefined;
  readonly repetitions: Uint8Array | undefined;
}

/** More would not fit a byte. */
const MAX_LEVEL = 255;

/**
 * Reads the levels that a page begins with, `there` of whose entries have a value; `end` is where the values begin. `first` is
 * the first page of a column. Every byte is examined, and levels are checked against what the header and the schema say.
 * @throws Error where they don't fit
 */
export function levelReader(
  { maxDefinition, maxRepetition }: Leaf,
  bytes: Uint8Array,
  { count, definitions: v1Definitions, repetitions: v1Repetitions, v2 }: PageContent,
  first: boolean,
): { levels: PageLevels; there: number; end: number } {
  if (Math.max(maxDefinition, maxRepetition) > MAX_LEVEL)
    throw new Error(`values are nested ${maxDefinition} levels deep`);
  let at = 0;
  const read = (max: number, length: number | undefined, encoding: Encoding | undefined) => {
    if (length !== undefined) {
      const own = take(bytes, at, length);
      at += length;
      if (max > 0) return runs(own, max, count);
      checkNeedless(own, count);
      return undefined;
    }
    if (max === 0) return undefined;
    if (encoding === 'BIT_PACKED') {
      const levels = new Uint8Array(count);
      at += readBitPacked(bytes.subarray(at), bitWidth(max), levels);
      return checked(levels, max);
    }
    if (encoding !== 'RLE') throw new Error(`the levels of a page have the encoding ${encoding}`);
    const head = take(bytes, at, 4);
    const size = new DataView(head.buffer, head.byteOffset).getUint32(0, true);
    const own = take(bytes, at + 4, size);
    at += 4 + size;
    return runs(own, max, count);
  };
  const repetitions = read(maxRepetition, v2?.repetitions, v1Repetitions);
  const definitions = read(maxDefinition, v2?.definitions, v1Definitions);
  const there = definitions === undefined ? count : countOf(definitions, maxDefinition);
  const rows = repetitions === undefined ? count : countOf(repetitions, 0);
  if (v2 !== undefined && v2.rows !== rows) throw new Error(`a page holds ${rows} rows but says ${v2.rows}`);
  if (v2 !== undefined && maxRepetition === 0 && v2.nulls !== count - there) {
    throw new Error(`a page holds ${count - there} NULLs but says ${v2.nulls}`);
  }
  if (first && count > 0 && (repetitions?.[0] ?? 0) !== 0)
    throw new Error('its first value goes on with a row before it');
  return { levels: { definitions: there === count ? undefined : definitions, repetitions }, there, end: at };
}

function take(bytes: Uint8Array, at: number, length: number): Uint8Array {
  if (at + length > bytes.length) throw new Error('the levels of a page are longer than it');
  return bytes.subarray(at, at + length);
}

function runs(bytes: Uint8Array, max: number, count: number): Uint8Array {
  const levels = new Uint8Array(count);
  checkRest(bytes, readHybrid(bytes, bitWidth(max), levels));
  return checked(levels, max);
}

/** Some writers give levels also to columns that can't have any: they must all be 0, written with or without a bit for each. */
function checkNeedless(bytes: Uint8Array, count: number): void {
  if (bytes.length === 0) return;
  for (const width of [1, 0]) {
    try {
      const levels = new Uint8Array(count);
      checkRest(bytes, readHybrid(bytes, width, levels));
      if (levels.every((level) => level === 0)) return;
    } catch {
      // The other width may fit.
    }
  }
  throw new Error('a page has levels where its column can have none');
}

/** What is left behind runs of numbers is filling: some writers end with an empty run. @throws Error where it is anything else */
export function checkRest(bytes: Uint8Array, end: number): void {
  for (let at = end; at < bytes.length; at++) {
    if (bytes[at] !== 0) throw new Error(`a page has ${bytes.length - end} bytes that are no part of its numbers`);
  }
}

function checked(levels: Uint8Array, max: number): Uint8Array {
  for (const level of levels)
    if (level > max) throw new Error(`a page has a level of ${level}, where ${max} is the highest`);
  return levels;
}

function countOf(levels: Uint8Array, wanted: number): number {
  let count = 0;
  for (const level of levels) if (level === wanted) count++;
  return count;
}
