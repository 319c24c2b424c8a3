import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** A fenced block of a page: a file to write (`file=PATH`), or lines of a shell to run (`run`). */
export interface PageStep {
  readonly kind: 'file' | 'run';
  /** The file's path. */
  readonly path: string;
  readonly text: string;
}

/** The blocks of a page that its reader follows, in their order; those that only show something are left out. */
export function stepsOf(page: string): PageStep[] {
  return [...page.matchAll(/^```\w+ (?:file=(\S+)|run)\n([\s\S]*?)^```$/gm)].map(([, path = '', text = '']) => ({
    kind: path === '' ? 'run' : 'file',
    path,
    text,
  }));
}

/** Writes a step's file below a folder. */
export function writeStep(folder: string, { path, text }: PageStep): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}
