import { note } from './output.ts';

/** What staging reports while it runs, as lines on standard error: those of `info` say how far it has come. */
export const progressLog = {
  info(message: string, fields: Readonly<Record<string, unknown>> = {}): void {
    note(line(message, fields));
  },
  warn(message: string, fields: Readonly<Record<string, unknown>> = {}): void {
    note(`warn: ${line(message, fields)}`);
  },
};

function line(message: string, fields: Readonly<Record<string, unknown>>): string {
  const told = Object.entries(fields).map(([name, value]) => `${name} ${value}`);
  return told.length > 0 ? `${message}: ${told.join(', ')}` : message;
}
