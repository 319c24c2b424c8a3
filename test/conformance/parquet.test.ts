import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DataStack, openDataStack } from '../datasets/data-stack.ts';
import { SHARED } from '../datasets/shared.ts';
import { compareFolder, report, type Verdict } from './parquet.ts';

const FOLDER = join(SHARED, 'data', 'parquet-testing');

describe.skipIf(!existsSync(FOLDER))("files of parquet's own tests (skipped where ../shared is missing)", () => {
  let dataStack: DataStack;
  beforeAll(async () => {
    dataStack = await openDataStack();
  });
  afterAll(async () => {
    await dataStack?.dispose();
  });

  it('come back out of Postgres as pyarrow reads them, or are refused by both', async () => {
    const put = (key: string, body: Uint8Array) => dataStack.put(key.replace(/^datasets\//, ''), body);
    const verdicts = await compareFolder({ sql: dataStack.sql, source: dataStack.source, put }, FOLDER);
    expect(verdicts.filter(({ outcome }) => outcome !== 'equal')).toEqual([]);
    expect(verdicts.length).toBeGreaterThan(100);
  });
});

describe('the totals of a comparison', () => {
  it('name what only we refuse, and count it neither as equal nor as different', () => {
    const verdict = (file: string, outcome: Verdict['outcome']): Verdict => ({ file, outcome, why: 'it says so' });
    const lines: string[] = [];
    const say = (line: string) => lines.push(line);
    expect(report([verdict('a', 'equal'), verdict('b', 'refused here')], say)).toBe(true);
    expect(lines.slice(-2)).toEqual(['only we refuse 1: b', '1 equal, 0 different']);
    expect(report([verdict('a', 'equal'), verdict('b', 'different')], say)).toBe(false);
    expect(lines.slice(-3)).toEqual(['different: b: it says so', 'only we refuse 0', '1 equal, 1 different']);
  });
});
