import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { stageDatasets } from '../../lib/datasets/stage.ts';
import { Logger } from '../../lib/log/log.ts';
import { openParquet } from '../../lib/parquet/parquet.ts';
import { openTable } from '../../lib/tables/open.ts';
import { type DataStack, openDataStack } from './data-stack.ts';
import { expectedRows, NASTY, plain, READABLE, SHARED, sharedAvailable, withoutTrailingZeros } from './shared.ts';

const PREPARE_MS = 120_000;

const golden = z.record(
  z.string(),
  z.object({
    loaded: z.array(z.object({ path: z.string(), name: z.string().nullable() })),
    /** null for wildcards. */
    table: z.string().nullable(),
    split_ranges: z.array(z.tuple([z.string(), z.int(), z.int(), z.int()])),
    columns: z.array(z.tuple([z.string(), z.string()])),
  }),
);

function registered(): [string, z.infer<typeof golden>[string]][] {
  if (!sharedAvailable) return [];
  const cases: unknown = JSON.parse(readFileSync(join(SHARED, 'golden', 'cases.json'), 'utf8'));
  const all = Object.entries(z.object({ registered: golden }).parse(cases).registered);
  return all.filter(([, { table }]) => table !== null);
}

describe.skipIf(!sharedAvailable)('the example data (skipped where ../shared is missing)', () => {
  let dataStack: DataStack;
  beforeAll(async () => {
    dataStack = await openDataStack();
  });
  afterAll(async () => {
    await dataStack?.dispose();
  });

  describe('data sets that the Python service registered', () => {
    beforeAll(async () => {
      const fromDir = join(SHARED, 'data', 'datasets');
      const request = { bucket: dataStack.source, fromDir, log: new Logger('error') };
      const first = await stageDatasets(request);
      expect(first.uploaded).toBeGreaterThan(0);
      expect(await stageDatasets(request)).toEqual({
        ...first,
        uploaded: 0,
        bytes: 0,
        unchanged: first.uploaded + first.unchanged,
      });
    }, PREPARE_MS);

    it.each(registered())('%s has the same table, splits and columns, but for wide numbers', async (task, expected) => {
      const [dataset] = expected.loaded;
      await dataStack.register(task, dataset?.path ?? '', dataset?.name ?? null);
      const info = await openTable(dataStack.sql, task);
      expect(info.table).toBe(expected.table);
      expect([...info.splits].map(([split, { min, max, count }]) => [split, min, max, count])).toEqual(
        expected.split_ranges,
      );
      const counted = await dataStack.sql`
        SELECT "__split", min("__id"), max("__id"), count(*)::int FROM ${dataStack.sql(info.table)} GROUP BY 1 ORDER BY 2`;
      expect(counted.map((row) => Object.values(row))).toEqual(expected.split_ranges);
      const columns = await dataStack.sql`
        SELECT attname::text, t.typname::text FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
        WHERE attrelid = ${`"${info.table}"`}::regclass AND attnum > 0 ORDER BY attnum`;
      // TABLE-4: BIGINT where the Python service made INTEGER of every int, DOUBLE PRECISION where it made REAL.
      const corrected = expected.columns.map(([name, type]) => [
        name,
        name === '__id' ? type : type.replace('int4', 'int8').replace('float4', 'float8'),
      ]);
      const asWide = columns.map((row) => {
        const [name, type] = Object.values(row);
        return [name, name === '__id' ? type : String(type).replace('int4', 'int8')];
      });
      expect(asWide).toEqual(corrected);
    });
  });

  describe('nasty files through Postgres', () => {
    it.each(READABLE)('%s comes back as it was', async (name) => {
      const bytes = readFileSync(join(NASTY, `${name}.parquet`));
      await dataStack.putDataset(`nasty/${name}`, { test: [bytes] });
      await dataStack.register(name, 'nasty', name);
      const docs = await dataStack.docs(name);
      const file = await openParquet(
        { size: bytes.length, read: async (start, end) => Uint8Array.from(bytes.subarray(start, end)) },
        name,
      );
      const actual = docs.map((doc) =>
        file.columns.map((column) => [
          column.name,
          withoutTrailingZeros(plain(column.type, doc.get(column.name) ?? null)),
        ]),
      );
      const expected = expectedRows(name).map((row) =>
        Object.entries(row ?? {}).map(([key, value]) => [key, withoutTrailingZeros(value)]),
      );
      expect(actual).toEqual(expected);
      expect(docs.map((doc) => [...doc.keys()])).toEqual(
        docs.map(() => ['__id', ...file.columns.map((column) => column.name)]),
      );
      const direct = [];
      for await (const batch of file.batches()) direct.push(...batch);
      expect(docs.map((doc) => [...doc.values()].slice(1))).toEqual(direct);
    });

    it.each(['90_truncated_tail', '92_not_parquet', '95_huge_footer_length', '97_corrupt_page'])(
      '%s is refused and leaves nothing',
      async (name) => {
        await dataStack.putDataset(`nasty/${name}`, { test: [readFileSync(join(NASTY, `${name}.parquet`))] });
        await expect(dataStack.register(name, 'nasty', name)).rejects.toMatchObject({
          code: 'DatasetInvalid',
          permanent: true,
        });
        const left = await dataStack.sql`SELECT relname FROM pg_class WHERE relname LIKE ${`nasty--${name}%`}`;
        expect(left).toHaveLength(0);
      },
    );
  });
});
