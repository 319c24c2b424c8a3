import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { repr } from '../../lib/python/repr.ts';
import { type DataStack, openDataStack, parquet } from '../datasets/data-stack.ts';

/** Files that pyarrow 26.0.1 wrote, base64, and the rows as it shows them again. All made up. */
const fixture = z.object({ parquet: z.base64(), rows: z.array(z.string()) });

let dataStack: DataStack;
beforeAll(async () => {
  dataStack = await openDataStack();
});
afterAll(async () => {
  await dataStack?.dispose();
});

/** The documents of one file, through Postgres, as Python prints them. */
async function shown(name: string, file: Uint8Array): Promise<string[]> {
  await dataStack.putDataset(`${name}/default`, { test: [file] });
  await dataStack.register(`${name}_task`, name);
  return (await dataStack.docs(`${name}_task`)).map((doc) => {
    const { __id, ...columns } = Object.fromEntries(doc);
    return repr(new Map(Object.keys(columns).map((column) => [column, doc.get(column) ?? null])));
  });
}

describe('what comes back out of Postgres is what Python shows of the file', () => {
  it.each(['features', 'numbers-and-times', 'int96', 'split-streams-and-deltas'])('%s', async (name) => {
    const { parquet: bytes, rows } = fixture.parse(
      JSON.parse(readFileSync(join(import.meta.dirname, '..', 'datasets', 'files', `${name}.json`), 'utf8')),
    );
    expect(await shown(name, Buffer.from(bytes, 'base64'))).toEqual(rows);
  });

  it('of ENUM, BSON and INTERVAL: bytes, as of any bytes without a note', async () => {
    const optional = { repetition_type: 'OPTIONAL' as const };
    const schema = [
      { name: 'root', num_children: 4 },
      { name: 'enum', type: 'BYTE_ARRAY' as const, converted_type: 'ENUM' as const, ...optional },
      { name: 'bson', type: 'BYTE_ARRAY' as const, converted_type: 'BSON' as const, ...optional },
      {
        name: 'uuid',
        type: 'FIXED_LEN_BYTE_ARRAY' as const,
        type_length: 16,
        logical_type: { type: 'UUID' as const },
        ...optional,
      },
      {
        name: 'interval',
        type: 'FIXED_LEN_BYTE_ARRAY' as const,
        type_length: 12,
        converted_type: 'INTERVAL' as const,
        ...optional,
      },
    ];
    const bytes = (length: number) => [Uint8Array.from({ length }, () => 65), null];
    const columns = [
      { name: 'enum', data: bytes(1) },
      { name: 'bson', data: bytes(5) },
      { name: 'uuid', data: ['41414141-4141-4141-4141-414141414141', null] },
      { name: 'interval', data: bytes(12) },
    ];
    expect(await shown('odd', parquet(columns, { schema }))).toEqual([
      "{'enum': b'A', 'bson': b'AAAAA', 'uuid': UUID('41414141-4141-4141-4141-414141414141'), 'interval': b'AAAAAAAAAAAA'}",
      "{'enum': None, 'bson': None, 'uuid': None, 'interval': None}",
    ]);
  });
});
