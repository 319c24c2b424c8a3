import { readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..', '..');
const PAGE = readFileSync(join(ROOT, 'docs', 'architecture.md'), 'utf8');

/** A message's way: its name, and its files from the function on. */
interface Way {
  readonly name: string;
  readonly files: readonly string[];
}

/** The ways that the page gives, each under a heading of its own as a numbered list of files. */
function waysOf(page: string): Way[] {
  const [, section = ''] = page.split("## A message's way, file by file\n");
  const parts = (section.split(/^## /m)[0] ?? '').split(/^### /m).slice(1);
  return parts.map((part) => ({
    name: part.split('\n')[0] ?? '',
    files: [...part.matchAll(/^\d+\. \[([^\]]+)\]/gm)].map(([, file = '']) => file),
  }));
}

/** The files that a file imports values from. Types alone lead nowhere. */
function importsOf(file: string): string[] {
  const text = readFileSync(join(ROOT, file), 'utf8');
  const found = text.matchAll(/^import (?!type)(?:[^;]*? from )?'(\.[^']+)';/gms);
  return [...found].map(([, path = '']) => normalize(join(dirname(file), path)));
}

const WAYS = waysOf(PAGE);

it('the page gives the ways of the messages of all queues', () => {
  const starts = WAYS.map(({ files: [first] }) => first);
  expect(new Set(starts)).toEqual(
    new Set(['register', 'sample', 'shard', 'evaluate'].map((name) => `functions/${name}.ts`)),
  );
  expect(importsOf('functions/shard.ts')).toContain('lib/shard/shard.ts');
});

describe.each(WAYS)('$name', ({ files }) => {
  it.each(files.slice(1))('is led on to %s by a file before it', (file) => {
    const before = files.slice(0, files.indexOf(file));
    expect(before.filter((one) => importsOf(one).includes(file))).not.toEqual([]);
  });

  it.each(files)('is not led back by %s to a file before it', (file) => {
    const before = files.slice(0, files.indexOf(file));
    expect(importsOf(file).filter((imported) => before.includes(imported))).toEqual([]);
  });
});
