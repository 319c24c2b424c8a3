import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { createGunzip } from 'node:zlib';
import { PermanentError } from '../../lib/errors/errors.ts';

/** No line of an honest file is longer: MongoDB takes answers of 16 MiB. */
const MAX_LINE = 64 << 20;
const GZIP = [0x1f, 0x8b];

/**
 * The lines of a file of JSON lines, packed by gzip or not, with their numbers from 1 on. They end at line feeds alone: node's own
 * reader takes U+2028 for an end as well, which JSON may hold. A mark of the byte order in front is none of the first line.
 * @throws PermanentError BadMessage for a line of more than 64 Mi characters, and for what is no UTF-8 or cut off
 */
export async function* linesOf(file: string): AsyncGenerator<{ readonly number: number; readonly line: string }> {
  let pieces: string[] = [];
  let length = 0;
  let number = 0;
  for await (const text of textOf(file, () => number + 1)) {
    const parts = text.split('\n');
    for (const [at, part] of parts.entries()) {
      pieces.push(part);
      length += part.length;
      if (length > MAX_LINE) throw refused(file, number + 1, `it has more than ${MAX_LINE} characters`);
      if (at === parts.length - 1) break;
      yield { number: ++number, line: pieces.join('') };
      pieces = [];
      length = 0;
    }
  }
  if (length > 0) yield { number: number + 1, line: pieces.join('') };
}

async function* textOf(file: string, line: () => number): AsyncGenerator<string> {
  const packed = await isPacked(file);
  const bytes = createReadStream(file);
  const decoder = new TextDecoder('utf-8', { fatal: true });
  try {
    const source = packed ? bytes.pipe(createGunzip()) : bytes;
    bytes.on('error', (error) => source.destroy(error));
    for await (const chunk of source) yield decoder.decode(chunk, { stream: true });
    yield decoder.decode();
  } catch (error) {
    if (error instanceof TypeError) throw refused(file, line(), 'here or in the lines after it, the file is no UTF-8');
    if (packed && error instanceof Error && 'code' in error && String(error.code).startsWith('Z_')) {
      throw refused(file, line(), 'from here on it can not be unpacked: the file is cut off or damaged');
    }
    throw error;
  } finally {
    bytes.destroy();
  }
}

async function isPacked(file: string): Promise<boolean> {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(GZIP.length), 0, GZIP.length, 0);
    return bytesRead === GZIP.length && GZIP.every((byte, at) => buffer[at] === byte);
  } finally {
    await handle.close();
  }
}

function refused(file: string, number: number, why: string): PermanentError {
  return new PermanentError('BadMessage', `${file}, line ${number}: ${why}. Nothing was written.`);
}
