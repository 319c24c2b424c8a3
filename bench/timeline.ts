import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import * as z from 'zod';

/** The variable that names the file to which functions write what happens when, while it exists (timeline-hook.mjs). */
export const MARKS_FILE = 'BENCH_MARKS_FILE';

const marked = z.object({
  name: z.string(),
  marks: z.array(z.object({ kind: z.enum(['in', 'sent', 'got', 'out']), port: z.number().optional(), at: z.number() })),
});

/** What a function did with one event: times in milliseconds since 1970. */
export interface Handled {
  readonly name: string;
  readonly from: number;
  readonly to: number;
  /** What it asked of servers, in turn: each from the first byte sent until its answer began. */
  readonly asked: readonly Asked[];
}

/** One question to a server. */
export interface Asked {
  readonly port: number;
  readonly from: number;
  readonly to: number;
}

/** Begins to record; {@link handledSince} reads it. Nothing is recorded where the stack has no such file. */
export function record(): void {
  const file = process.env[MARKS_FILE];
  if (file !== undefined) writeFileSync(file, '');
}

/** Records no more. */
export function endRecord(): void {
  const file = process.env[MARKS_FILE];
  if (file !== undefined) rmSync(file, { force: true });
}

/** The events that functions have handled since `record`, in the order in which they answered. */
export function handledSince(): readonly Handled[] {
  const file = process.env[MARKS_FILE];
  const lines = file === undefined ? [] : readFileSync(file, 'utf8').split('\n').filter(Boolean);
  return lines.map((line) => {
    const { name, marks } = marked.parse(JSON.parse(line));
    const at = (kind: string) => marks.find((mark) => mark.kind === kind)?.at ?? Number.NaN;
    const asked: Asked[] = [];
    const open = new Map<number, number>();
    for (const { kind, port = 0, at: now } of marks) {
      if (kind === 'sent' && !open.has(port)) open.set(port, now);
      const from = open.get(port);
      if (kind !== 'got' || from === undefined) continue;
      asked.push({ port, from, to: now });
      open.delete(port);
    }
    return { name, from: at('in'), to: at('out'), asked };
  });
}
