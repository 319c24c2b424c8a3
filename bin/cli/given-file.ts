import { readFileSync } from 'node:fs';
import { whyNoFile } from '../../lib/errors/file-reason.ts';
import { UsageError } from './exit.ts';

/** The text of the file that an option names. @throws UsageError where it can't be read */
export function readGiven(option: string, file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new UsageError(`--${option} ${file} can't be read: ${whyNoFile(error)}.`);
  }
}
