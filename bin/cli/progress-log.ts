import { note } from './output.ts';

/** What staging tells while it goes on, as lines on standard error: those of `info` say how far it has come. */
export const progressLog = {
  info(message: string, fields: Readonly<Record<string, unknown>> = {}): void {
    note(`${message}: ${Object.values(fields).map(String).join(', ')}`);
  },
  warn(message: string, fields: Readonly<Record<string, unknown>> = {}): void {
    note(`warn: ${message}: ${Object.values(fields).map(String).join(', ')}`);
  },
};
