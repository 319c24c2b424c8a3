import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Kind } from '../../lib/datafiles/kind.ts';
import { RowWriter } from '../../lib/datafiles/write-parquet.ts';
import { readMetadata } from '../../lib/parquet/metadata.ts';

const TAIL = 8;

it('rows of many columns are held by their cells, not by their number or text', () => {
  const path = join(mkdtempSync(join(tmpdir(), 'sampler-wide-')), 'a.parquet');
  const columns = new Map(Array.from({ length: 3_000 }, (_, at): [string, Kind] => [`c${at}`, { of: 'int' }]));
  const writer = new RowWriter(path, columns);
  for (let at = 0; at < 1_000; at++) writer.add(new Map([['c1', BigInt(at)]]), 1);
  writer.finish();
  const file = readFileSync(path);
  const begins = file.length - TAIL - file.readUInt32LE(file.length - TAIL);
  const { groups } = readMetadata(file.subarray(begins, -TAIL), begins);
  const rows = groups.map(({ rows: count }) => count);
  expect(rows.reduce((sum, count) => sum + count, 0)).toBe(1_000);
  expect(Math.max(...rows)).toBeLessThan(800);
});
