import { fileText } from '../../lib/datafiles/file-text.ts';
import { PermanentError } from '../../lib/errors/errors.ts';

/** No line of an honest file is longer: MongoDB takes answers of 16 MiB. */
const MAX_LINE = 64 << 20;

/**
 * The lines of a file of JSON lines, packed or not, with their numbers from 1 on. They end at line feeds alone: node's own
 * reader takes U+2028 for an end as well, which JSON may hold.
 * @throws PermanentError BadMessage for a line of more than 64 Mi characters, and for what is no UTF-8 or cut off
 */
export async function* linesOf(file: string): AsyncGenerator<{ readonly number: number; readonly line: string }> {
  let pieces: string[] = [];
  let length = 0;
  let number = 0;
  const refuse = (why: string) =>
    new PermanentError('BadMessage', `${file}, line ${number + 1}: ${why}. Nothing was written.`);
  for await (const text of fileText(file, refuse)) {
    const parts = text.split('\n');
    for (const [at, part] of parts.entries()) {
      pieces.push(part);
      length += part.length;
      if (length > MAX_LINE) throw refuse(`it has more than ${MAX_LINE} characters`);
      if (at === parts.length - 1) break;
      yield { number: ++number, line: pieces.join('') };
      pieces = [];
      length = 0;
    }
  }
  if (length > 0) yield { number: number + 1, line: pieces.join('') };
}
