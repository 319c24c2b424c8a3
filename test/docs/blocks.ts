import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The folder of the repository. */
export const ROOT = join(import.meta.dirname, '..', '..');

/** A fenced block of shell commands in a page. */
export interface ShellBlock {
  readonly page: string;
  /** The line that it begins in. */
  readonly line: number;
  /** What stands behind the language: `run`, `run: note`, `skip: reason`; else it is not marked. */
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

/** The shell blocks of a page, in their order. */
export function shellBlocks(page: string, text = readFileSync(join(ROOT, page), 'utf8')): ShellBlock[] {
  const found = text.matchAll(/^( *)```(?:sh|bash|shell|console)\b ?([^\n]*)\n(.*?)^\1```$/gms);
  return [...found].map(({ index, 1: indent = '', 2: mark = '', 3: body = '' }) => ({
    page,
    line: text.slice(0, index).split('\n').length,
    mark: mark.trim(),
    text: body.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
  }));
}
