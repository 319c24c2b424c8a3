import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { PermanentError } from '../../lib/errors/errors.ts';
import { openParquet } from '../../lib/parquet/parquet.ts';
import { repr } from '../../lib/python/repr.ts';
import { DAMAGES, seeded } from './damage.ts';

/** Times that each file is damaged in each way: 6 x 8 x 42 is 2,016. */
const TIMES = 42;

/**
 * Files that pyarrow 26.0.1 wrote of made-up rows with a checksum for each page: only so can be told that a value is another
 * one. A footer has no checksum, but most of what it says stands in it twice, or has to fit the pages.
 */
const files = Object.entries(
  z
    .record(z.string(), z.base64())
    .parse(JSON.parse(readFileSync(join(import.meta.dirname, 'files', 'with-checksums.json'), 'utf8'))),
).map(([name, text]) => ({ name, whole: Uint8Array.from(Buffer.from(text, 'base64')) }));

async function shown(bytes: Uint8Array): Promise<string> {
  const read = async (start: number, end: number) => Uint8Array.from(bytes.subarray(start, end));
  const file = await openParquet({ size: bytes.length, read }, 'damaged.parquet');
  const lines = [JSON.stringify(file.columns)];
  for await (const batch of file.batches()) lines.push(...batch.map(repr));
  return lines.join('\n');
}

/** `equal`, `refused`, or what else came of it. */
async function outcome(bytes: Uint8Array, expected: string): Promise<string> {
  try {
    return (await shown(bytes)) === expected ? 'equal' : 'other rows';
  } catch (error) {
    if (error instanceof PermanentError && error.code === 'DatasetInvalid') return 'refused';
    return `an error that is not foreseen: ${error}`;
  }
}

describe.each(files)('a damaged file ($name)', ({ name, whole }) => {
  it.each(Object.entries(DAMAGES))('with %s has the same rows or is refused, never others', async (kind, damage) => {
    const expected = await shown(whole);
    const bad: string[] = [];
    let refused = 0;
    for (let time = 0; time < TIMES; time++) {
      const seed = `${name} ${kind} ${time}`;
      const came = await outcome(damage(whole, seeded(seed)), expected);
      if (came === 'refused') refused++;
      else if (came !== 'equal') bad.push(`${seed}: ${came}`);
    }
    expect(bad).toEqual([]);
    expect(refused).toBeGreaterThan(TIMES / 2);
  });
});
