import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { MEGABYTE, SHAPES } from './shapes.ts';

/** 200 are promised; how much is garbage yet to be collected is the machine's. Node takes 90 of them by itself. */
const MOST_MEGABYTES = 220;
/** Those that take most, each in a process of its own. */
const HEAVIEST = [
  'as deep as can be, again and again',
  'keys below a key, as many as can be',
  'lists in lists, as many as can be',
  'lines that lack indentation',
  'chains of nineteen includes with many keys',
  'a template of many keys, included by many',
  'a template of all keys that can be, included as often as can be',
  'a template of 45,000 tags',
  'a tag of many tasks in a group with many settings',
  'a group of all settings and members that can be',
];
const took = z.object({ name: z.string(), outcome: z.string(), megabytes: z.number() });
const names = Object.keys(SHAPES);
/** Not refused; all others are. */
const READ = [
  'one long plain text',
  'one long text in quotes',
  'one long text of escapes',
  'one long text in single quotes',
  'a text of many lines in quotes',
  'a plain text of many lines',
  'one literal block',
  'long keys',
  'many functions',
  'comments alone',
  'many ends of documents',
  'texts of astral characters',
  'texts of combining marks',
  'many numbers of 4,000 digits',
  'a template of one huge value, included by many',
  'many small tasks',
  'many files of one name',
  'a group of many names',
  'a group of many members with many settings',
  'a tag of many tasks in a group with many settings',
  'items, as many as can be',
  'empty lists, as many as can be',
  'lists in lists, as many as can be',
  'keys below a key, as many as can be',
  'keys of a task, as many as can be',
  'aliases, as many as can be',
  'anchors, as many as can be',
  'few lines that lack indentation',
  'merged keys, as many as can be',
  'a template of all keys that can be, included as often as can be',
  'a template of 2,000 keys, included as often as can be',
  'a template of all items that can be, included by many',
  'a template of 45,000 tags',
  'a template of 25 tags',
  'a group with many settings of a tag of many tasks',
  'groups of groups, as many as can be',
];

describe('a megabyte of definitions is read, or refused', () => {
  const outcomes = new Map<string, string>();
  beforeAll(() => {
    for (const { name, outcome } of readApart(names)) outcomes.set(name, outcome);
  }, 240_000);

  it.each(names)('%s', (name) => {
    const bytes = Object.values(SHAPES[name]?.() ?? {}).reduce((sum, text) => sum + Buffer.byteLength(text), 0);
    expect(bytes).toBeLessThan(1.05 * MEGABYTE);
    if (READ.includes(name)) expect(outcomes.get(name)).toBe('read');
    else expect(outcomes.get(name)).toMatch(/refused/);
  });
});

it.each(HEAVIEST)('a megabyte of definitions (%s) takes no more memory than is promised', (name) => {
  expect(readApart([name])[0]?.megabytes).toBeLessThan(MOST_MEGABYTES);
});

/** Memory is that of a process, which therefore does nothing but read them. */
function readApart(shapes: readonly string[]): z.infer<typeof took>[] {
  const script = join(import.meta.dirname, 'read-shapes.ts');
  const lines = execFileSync(process.execPath, [script, '--here', ...shapes], { encoding: 'utf8' });
  return lines
    .trim()
    .split('\n')
    .map((line) => took.parse(JSON.parse(line)));
}
