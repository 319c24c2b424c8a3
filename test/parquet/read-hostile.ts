/** Reads the files of a folder one after the other, and tells as a line of JSON what came of each, then the memory that it took. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PermanentError } from '../../lib/errors/errors.ts';
import { openParquet } from '../../lib/parquet/parquet.ts';

const dir = process.argv[2] ?? '';
for (const name of readdirSync(dir)) {
  const bytes = Uint8Array.from(readFileSync(join(dir, name)));
  console.log(JSON.stringify({ name, outcome: await outcome(bytes) }));
}
console.log(JSON.stringify({ megabytes: Math.round(process.resourceUsage().maxRSS / 1024) }));

async function outcome(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  try {
    const read = async (start: number, end: number) => bytes.slice(start, end);
    const file = await openParquet({ size: bytes.length, read }, 'hostile');
    for await (const batch of file.batches()) if (batch.length === 0) return 'an empty batch';
    return 'read';
  } catch (error) {
    const refused = error instanceof PermanentError && error.code === 'DatasetInvalid';
    return refused ? 'refused' : `not foreseen: ${error}`;
  }
}
