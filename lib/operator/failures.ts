import type { DocumentView } from './results.ts';

/** Reasons that are told apart; suppliers can answer each document with another error. */
const MAX_REASONS = 100;
/** Of a reason, in characters: its first line says what is wrong. */
const MAX_WHY = 160;
const OTHERS = 'other errors';

/** How many documents failed with a status code for one reason. */
export interface Failures {
  readonly code: number | null;
  readonly why: string;
  readonly documents: number;
}

/** Why documents of a task failed, the most frequent reason first. Memory does not grow with documents or reasons. */
export async function countFailures(parts: AsyncIterable<readonly DocumentView[]>): Promise<Failures[]> {
  const counts = new Map<string, Failures>();
  for await (const part of parts) {
    for (const { status_code, error_str } of part) {
      if (error_str !== '') count(counts, status_code, firstLine(error_str));
    }
  }
  return [...counts.values()].sort((a, b) => b.documents - a.documents);
}

function count(counts: Map<string, Failures>, code: number, why: string): void {
  const key = `${code} ${why}`;
  const known = counts.get(key);
  if (known !== undefined || counts.size < MAX_REASONS) {
    counts.set(key, { code, why, documents: (known?.documents ?? 0) + 1 });
    return;
  }
  counts.set(OTHERS, { code: null, why: OTHERS, documents: (counts.get(OTHERS)?.documents ?? 0) + 1 });
}

function firstLine(text: string): string {
  const [line = ''] = text.split('\n', 1);
  return line.length > MAX_WHY ? `${line.slice(0, MAX_WHY)} ...`.toWellFormed() : line.toWellFormed();
}
