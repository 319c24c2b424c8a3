import { type LogItem, Logger as Powertools } from '@aws-lambda-powertools/logger';
import type { ConstructorOptions } from '@aws-lambda-powertools/logger/types';
import { boundedJson } from './bounded-json.ts';

/** Powertools' logger, whose lines are bounded and without secrets ({@link boundedJson}). */
export class RedactingLogger extends Powertools {
  /** Not there yet where the constructor of Powertools itself warns of something. */
  private readonly write: ((line: string) => void) | undefined;

  constructor(options: ConstructorOptions, write: (line: string) => void) {
    super(options);
    this.write = write;
  }

  protected override printLog(_level: number, item: LogItem): void {
    item.prepareForPrint();
    const line = boundedJson(item.getAttributes());
    if (this.write) this.write(line);
    else process.stdout.write(`${line}\n`);
  }
}
