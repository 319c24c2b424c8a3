import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { PermanentError } from '../../lib/errors/errors.ts';
import { openParquet } from '../../lib/parquet/parquet.ts';
import { repr } from '../../lib/python/repr.ts';
import { type DataStack, openDataStack } from '../datasets/data-stack.ts';
import { hasDistribution } from '../helpers/python.ts';
import { DAMAGES, seeded } from './damage.ts';

const SCRIPT = join(import.meta.dirname, 'zones_and_durations.py');
/** What the script prints: files, base64, and their rows as `datasets` 3.6.0 shows them; null where it can't. */
const printed = z.record(z.string(), z.object({ parquet: z.base64(), rows: z.array(z.string()).nullable() }));
const recorded = Object.entries(
  printed.parse(JSON.parse(readFileSync(join(import.meta.dirname, 'files', 'zones-and-durations.json'), 'utf8'))),
);
const shownThere = recorded.filter(([, { rows }]) => rows !== null);
const refusedThere = recorded.filter(([, { rows }]) => rows === null);

const oracle = hasDistribution('datasets') && hasDistribution('pandas');
if (!oracle) console.warn('datasets is not there: files with zones are compared with recorded rows only');

/** The rows of a file, as Python prints dicts. */
async function shown(bytes: Uint8Array): Promise<string[]> {
  const read = async (start: number, end: number) => Uint8Array.from(bytes.subarray(start, end));
  const file = await openParquet({ size: bytes.length, read }, 'noted.parquet');
  const rows: string[] = [];
  for await (const batch of file.batches()) {
    for (const row of batch) rows.push(repr(new Map(file.columns.map(({ name }, at) => [name, row[at] ?? null]))));
  }
  return rows;
}

describe('zones and durations, of which only the note ARROW:schema tells', () => {
  it.each(shownThere)('%s: rows are those that datasets shows', async (_, { parquet, rows }) => {
    expect(await shown(Buffer.from(parquet, 'base64'))).toEqual(rows);
  });

  it.each(refusedThere)('%s: refused, as there', async (_, { parquet }) => {
    await expect(shown(Buffer.from(parquet, 'base64'))).rejects.toThrow(PermanentError);
  });

  it.skipIf(!oracle).each([1, 2, 3])('random files show what the real datasets shows, seed %i', async (seed) => {
    const { stdout, stderr, status } = spawnSync('python3', [SCRIPT, String(seed)], {
      encoding: 'utf8',
      maxBuffer: 2 ** 26,
    });
    expect(status, stderr).toBe(0);
    const files = Object.entries(printed.parse(JSON.parse(stdout)));
    expect(files.length).toBe(24);
    await Promise.all(
      files.map(async ([name, { parquet, rows }]) => {
        const got = await shown(Buffer.from(parquet, 'base64')).catch(() => null);
        expect({ name, rows: got }).toEqual({ name, rows });
      }),
    );
  });
});

/** Damages of each file's note, of which there is no second copy and no checksum: what is still a note may name another zone. */
const TIMES = 300;
const SAME_LENGTH = [
  'a bit flipped',
  'some bytes changed',
  'a run of bytes overwritten',
  'a piece copied to another place',
];

describe('a damaged note', () => {
  it.each(['zones in us', 'nested', 'durations', 'a note with other names'])(
    'of %s is refused or read, and never fails in any other way',
    async (name) => {
      const whole = Buffer.from(recorded.find(([own]) => own === name)?.[1].parquet ?? '', 'base64');
      const start = whole.indexOf('/////', whole.indexOf('ARROW:schema'), 'latin1');
      const text = /^[A-Za-z0-9+/]+={0,2}/.exec(whole.toString('latin1', start))?.[0] ?? '';
      const note = Buffer.from(text, 'base64');
      const random = seeded(name);
      let refused = 0;
      for (let time = 0; time < TIMES; time++) {
        const damage = SAME_LENGTH[time % SAME_LENGTH.length] ?? 'a bit flipped';
        const damaged = Buffer.from(DAMAGES[damage]?.(note, random) ?? note);
        const file = Buffer.from(whole);
        file.write(damaged.toString('base64'), start, 'latin1');
        try {
          await shown(file);
        } catch (error) {
          expect(error).toBeInstanceOf(PermanentError);
          refused++;
        }
      }
      expect(refused).toBeGreaterThan(0);
      expect(refused).toBeLessThan(TIMES);
    },
  );
});

describe('through Postgres', () => {
  let dataStack: DataStack;
  beforeAll(async () => {
    dataStack = await openDataStack();
  });
  afterAll(async () => {
    await dataStack?.dispose();
  });

  it.each(['zones in us', 'zones in ns', 'durations', 'nested', 'nested, nanoseconds', 'no time at all'])(
    '%s: documents are what datasets shows',
    async (name) => {
      const file = recorded.find(([own]) => own === name)?.[1];
      const dataset = name.replaceAll(/\W+/g, '_');
      await dataStack.putDataset(`${dataset}/default`, { test: [Buffer.from(file?.parquet ?? '', 'base64')] });
      await dataStack.register(`${dataset}_task`, dataset);
      const docs = (await dataStack.docs(`${dataset}_task`)).map((doc) => {
        return repr(new Map([...doc].filter(([key]) => key !== '__id')));
      });
      expect(docs).toEqual(file?.rows);
    },
  );
});
