import { type LogItem, Logger as Powertools } from '@aws-lambda-powertools/logger';
import type { ConstructorOptions } from '@aws-lambda-powertools/logger/types';
import { redact } from './redact.ts';

/** Powertools' logger, whose lines go through {@link redact} on their way out. */
export class RedactingLogger extends Powertools {
  /** Not there yet where the constructor of Powertools itself warns of something. */
  private readonly write: ((line: string) => void) | undefined;

  constructor(options: ConstructorOptions, write: (line: string) => void) {
    super(options);
    this.write = write;
  }

  protected override printLog(_level: number, item: LogItem): void {
    item.prepareForPrint();
    const line = redact(this.stringify(item.getAttributes()));
    if (this.write) this.write(line);
    else process.stdout.write(`${line}\n`);
  }

  private stringify(attributes: Record<string, unknown>): string {
    try {
      return JSON.stringify(attributes, this.getJsonReplacer());
    } catch (error) {
      // A getter that throws: the message matters more than the facts.
      const { level, timestamp, message } = attributes;
      return JSON.stringify({ level, timestamp, message, unloggable: String(error) });
    }
  }
}
