import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { HOSTILE } from './hostile.ts';

const MB = 1024 ** 2;
/** Node takes 70 to 90 of these by itself. */
const MOST_MEGABYTES = 300;
/** Not many, but real: these are read. */
const READ = ['a schema of 9,000 columns, all at the end of 170 structs'];

const answer = z.object({
  name: z.string().optional(),
  outcome: z.string().optional(),
  megabytes: z.number().optional(),
});

describe('files of less than a megabyte that claim far more', () => {
  const names = Object.keys(HOSTILE);
  const outcomes = new Map<string, string>();
  let megabytes = Number.POSITIVE_INFINITY;
  let dir: string;

  // Memory is that of a process, which therefore does nothing but read them.
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'hostile-'));
    for (const [index, name] of names.entries()) {
      const bytes = HOSTILE[name]?.() ?? new Uint8Array();
      expect(bytes.length, name).toBeLessThan(MB);
      writeFileSync(join(dir, String(index)), bytes);
    }
    const lines = execFileSync(process.execPath, [join(import.meta.dirname, 'read-hostile.ts'), dir], {
      encoding: 'utf8',
    });
    for (const line of lines.trim().split('\n')) {
      const { name, outcome, megabytes: took } = answer.parse(JSON.parse(line));
      if (name !== undefined) outcomes.set(names[Number(name)] ?? name, outcome ?? '');
      if (took !== undefined) megabytes = took;
    }
  });
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  it.each(names)('%s', (name) => {
    expect(outcomes.get(name)).toBe(READ.includes(name) ? 'read' : 'refused');
  });

  it(`take no more than ${MOST_MEGABYTES} MB, all of them one after the other`, () => {
    expect(megabytes).toBeLessThan(MOST_MEGABYTES);
  });
});
