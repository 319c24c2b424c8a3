import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The folder of the repository. */
export const ROOT = join(import.meta.dirname, '..', '..');

/** A fenced block that a page's reader follows: shell commands to type, or a file to write. */
export interface Block {
  readonly page: string;
  /** The line that it begins in. */
  readonly line: number;
  /** The file that the block is the text of; null where it is of a shell. */
  readonly file: string | null;
  /** What stands behind the language of shell commands: `run`, `run: note`, `skip: reason`; else they are not marked. */
  readonly mark: string;
  readonly text: string;
}

/** All pages for readers, README first. */
export function pages(): string[] {
  const docs = readdirSync(join(ROOT, 'docs'), { recursive: true }).map(String);
  const inDocs = docs.filter((name) => name.endsWith('.md')).map((name) => join('docs', name));
  return [
    'README.md',
    'docs/cli.md',
    ...inDocs.filter((name) => name !== 'docs/cli.md').sort(),
    'AGENTS.md',
    'CONTRIBUTING.md',
  ];
}

/** The blocks of a page that its reader follows, in their order; those that only show something are left out. */
export function blocksOf(page: string, text = readFileSync(join(ROOT, page), 'utf8')): Block[] {
  return [...text.matchAll(/^( *)```(\w+) ?([^\n]*)\n(.*?)^\1```$/gms)].flatMap((found) => {
    const { index, 1: indent = '', 2: language = '', 3: mark = '', 4: body = '' } = found;
    const file = /^file=(\S+)$/.exec(mark.trim())?.[1] ?? null;
    if (file === null && !/^(sh|bash|shell|console)$/.test(language)) return [];
    const line = text.slice(0, index).split('\n').length;
    return { page, line, file, mark: mark.trim(), text: body.replaceAll(new RegExp(`^${indent}`, 'gm'), '') };
  });
}
