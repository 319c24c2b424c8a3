import { createReadStream } from 'node:fs';
import { PermanentError } from '../../lib/errors/errors.ts';

/** No line of an honest file is longer: MongoDB takes answers of 16 MiB. */
const MAX_LINE = 64 << 20;

/**
 * The lines of a file of JSON lines, with their numbers from 1 on. They end at line feeds alone: node's own reader takes U+2028 for an
 * end as well, which JSON may hold.
 * @throws PermanentError BadMessage for a line of more than 64 Mi characters
 */
export async function* linesOf(file: string): AsyncGenerator<{ readonly number: number; readonly line: string }> {
  let rest = '';
  let number = 0;
  for await (const chunk of createReadStream(file, { encoding: 'utf8' })) {
    const pieces = (rest + chunk).split('\n');
    rest = pieces.pop() ?? '';
    if (rest.length > MAX_LINE) {
      throw new PermanentError(
        'BadMessage',
        `${file}, line ${number + pieces.length + 1}: it has more than ${MAX_LINE} characters.`,
      );
    }
    for (const line of pieces) yield { number: ++number, line };
  }
  if (rest !== '') yield { number: number + 1, line: rest };
}
