import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { describe, expect, it } from 'vitest';
import { type DataFiles, dataFilesOf, filesName } from '../../lib/catalogue/data-files.ts';
import { convertFiles } from '../../lib/datafiles/convert.ts';
import { PermanentError, SamplerError } from '../../lib/errors/errors.ts';
import { FolderSource } from '../../lib/preview/folder-source.ts';
import { openStagedTable } from '../../lib/preview/staged-table.ts';
import { loads } from '../../lib/python/json.ts';
import { repr } from '../../lib/python/repr.ts';
import type { Doc } from '../../lib/python/value.ts';
import { packageVersion } from '../helpers/python.ts';
import { CASES, type FileCase } from './cases.ts';

function folder(files: Readonly<Record<string, string | Uint8Array>>): string {
  const dir = mkdtempSync(join(tmpdir(), 'sampler-files-'));
  for (const [name, content] of Object.entries(files)) writeFileSync(join(dir, name), content);
  return dir;
}

function files(format: string, kwargs: object): DataFiles {
  const read = dataFilesOf(format, loads(JSON.stringify(kwargs)));
  if (read === null || typeof read === 'string') throw new Error(`no files: ${read}`);
  return read;
}

/** The documents that are staged of these files, as Python prints them, by split. */
async function staged(wanted: DataFiles, dir: string): Promise<Record<string, string[]>> {
  const to = folder({});
  const place = { path: wanted.format, config: filesName(wanted, null) };
  await convertFiles(wanted, place, dir, to);
  const table = await openStagedTable(
    new FolderSource(to),
    { name: 'own' },
    { dataset_path: place.path, dataset_name: place.config },
  );
  await table.verify();
  const splits: Record<string, string[]> = {};
  for (const split of table.splits.keys()) {
    const docs: Doc[] = [];
    for await (const batch of table.stream(split)) docs.push(...batch);
    splits[split] = docs.map((doc) => repr(new Map([...doc].filter(([name]) => name !== '__id'))));
  }
  return splits;
}

async function rowsOf({ format, text, options, packed, before = [] }: FileCase): Promise<string[] | null> {
  try {
    const bytes = Buffer.concat([Buffer.from(before), Buffer.from(text)]);
    const dir = folder({ rows: packed ? gzipSync(bytes) : bytes });
    return (await staged(files(format, { data_files: { test: 'rows' }, ...options }), dir))['test'] ?? [];
  } catch (error) {
    if (error instanceof SamplerError) return null;
    throw error;
  }
}

describe('a file of JSON or CSV', () => {
  const version = packageVersion('datasets');
  const lacks = version === '3.6.0' ? '' : ` (skipped: no python3 with datasets 3.6.0)`;
  it.skipIf(lacks !== '')(
    `gives the rows that datasets gives${lacks}`,
    async () => {
      const oracle = join(import.meta.dirname, 'oracle.py');
      const answer = execFileSync('python3', [oracle], {
        input: JSON.stringify(CASES),
        encoding: 'utf8',
        maxBuffer: 1 << 28,
      });
      const expected: unknown = JSON.parse(answer);
      const found = await Promise.all(CASES.map(rowsOf));
      const told = (answers: unknown) => JSON.stringify(answers)?.slice(0, 500);
      expect(CASES.map(({ text }, at) => [text.slice(0, 80), told(found[at])])).toEqual(
        CASES.map(({ text }, at) => [text.slice(0, 80), told(Array.isArray(expected) ? expected[at] : undefined)]),
      );
    },
    120_000,
  );

  it.each<[string, FileCase, readonly string[]]>([
    [
      'lines',
      { format: 'json', text: '{"a":1,"b":["x"]}\n{"a":2.5}\n' },
      ["{'a': 1.0, 'b': ['x']}", "{'a': 2.5, 'b': None}"],
    ],
    ['cells', { format: 'csv', text: 'q,n\n"x, y",1\nNA,\n' }, ["{'q': 'x, y', 'n': 1.0}", "{'q': None, 'n': None}"]],
  ])('is read as datasets 3.6.0 reads it: %s', async (_, file, rows) => {
    expect(await rowsOf(file)).toEqual(rows);
  });

  it.each<[string, string, string | Uint8Array, object, RegExp]>([
    [
      'two types in a column',
      'json',
      '{"a":1}\n{"a":"x"}',
      {},
      /rows, row 1, column "a": it is int in one row and text in another/,
    ],
    ['what is no JSON', 'json', '{"a":1}\n{"a":', {}, /rows: from line 2 on it is no JSON/],
    [
      'a number beyond floats',
      'json',
      '{"a":1}\n{"a":1e400}',
      {},
      /rows: line 2: the number 1e400 is too big for a float/,
    ],
    ['a line that is no object', 'json', '{"a":1}\n\n[2]', {}, /rows: line 3 is no object/],
    ['a field that is not there', 'json', '{"b":[]}', { field: 'a' }, /it has no field "a"/],
    ['more cells than columns', 'csv', 'q,a\n1,2,3', {}, /row 1 has 3 cells, and the header 2/],
    ['a quote without end', 'csv', 'q,a\n"1,2\n', {}, /rows: the quote that opens in line 2 is not closed/],
    ['values nested too deeply', 'json', `{"a":${'['.repeat(99)}${']'.repeat(99)}}`, {}, /row 0, .*nested too deeply/],
    ['values nested without end', 'json', `{"a":${'['.repeat(500_000)}`, {}, /from line 1 on it is no JSON/],
    ['blanks without end', 'json', gzipSync(' '.repeat(80 << 20)), {}, /it begins with more than 67108864 blanks/],
    ['an object without end', 'json', `{"a":"${'x'.repeat(64 << 20)}`, {}, /begins in line 1 has more than 67108864/],
    [
      'a cell without end',
      'csv',
      `q\n"${'x'.repeat(65 << 20)}`,
      {},
      /row that line 2 belongs to has more than 67108864/,
    ],
    [
      'a key for each row',
      'json',
      Array.from({ length: 10_001 }, (_, i) => `{"k${i}":1}`).join('\n'),
      {},
      /row 10000: there are more than 10000 columns/,
    ],
    ['half of a surrogate pair', 'json', '{"a":"x"}\n{"a":"\\ud800"}', {}, /row 1, column "a": .* surrogate pair/],
    [
      'half of a surrogate pair within',
      'json',
      '[{"a":[{"b":"\\udc00"}]}]',
      {},
      /row 0, column "a": .* surrogate pair/,
    ],
    [
      'objects without fields',
      'json',
      '{"a":{}}\n{"a":null}',
      {},
      /column "a" holds nothing but objects without fields/,
    ],
    ['objects without fields in lists', 'json', '{"a":[{"b":{}}]}', {}, /column "a" holds nothing but objects/],
    ['too many cells', 'csv', ','.repeat(10_000), {}, /line 1 has more than 10000 columns/],
    ['an int of more than 64 bits in a list', 'json', '[{"a":9223372036854775808}]', {}, /an int of more than 64 bits/],
    ['a date by its name', 'json', '[{"date":"2020-01-01"}]', {}, /column "date": .* for dates.* another name/],
    ['a moment by its name', 'json', '[{"created_at":1500000000}]', {}, /column "created_at": .* for dates/],
    ['a time that is another each day', 'json', '[{"start_time":"10:00"}]', {}, /column "start_time"/],
    ['no rows', 'json', '[]', {}, /split train: there are no rows in .*rows/],
    ['a header alone', 'csv', 'q,a\n', {}, /split train: there are no rows/],
    ['Latin 1', 'csv', Buffer.from('q\ncaf\xe9\n', 'latin1'), {}, /from here on it is no UTF-8/],
    ['UTF-16', 'json', Buffer.from('\ufeff{"a":1}', 'utf16le'), {}, /from here on it is no UTF-8/],
    ['a file cut off', 'json', gzipSync('{"a":1}\n'.repeat(9_999)).subarray(0, -9), {}, /cut off or damaged/],
    ['a file cut off, packed by zstd', 'csv', zstdCompressSync('q\nx\n').subarray(0, -2), {}, /cut off or damaged/],
    ['a packed file of another kind', 'json', Buffer.from('BZh91AY&SY'), {}, /packed by bzip2, .*unpack it/],
  ])('with %s is refused, saying where', async (_, format, content, options, reason) => {
    const dir = folder({ rows: content });
    const refused = await staged(files(format, { data_files: 'rows', ...options }), dir).catch(
      (error: unknown) => error,
    );
    expect(refused).toBeInstanceOf(PermanentError);
    expect(refused).toMatchObject({ code: 'DatasetInvalid', message: expect.stringMatching(reason) });
    expect(String(refused).length).toBeLessThan(500);
  });

  it('packed by zstd is what it is unpacked', async () => {
    const dir = folder({ a: zstdCompressSync('[{"a":1},{"a":null}]') });
    expect(await staged(files('json', { data_files: { test: 'a' } }), dir)).toEqual({
      test: ["{'a': 1}", "{'a': None}"],
    });
  });

  it('of more rows than are held at a time comes whole and in order', async () => {
    const count = 25_000;
    const rows = Array.from({ length: count }, (_, n) => ({ n, half: n % 2 ? n / 2 : null, list: [String(n)] }));
    const expected = rows.map(({ n, half, list }) => `{'n': ${n}, 'half': ${half ?? 'None'}, 'list': ['${list}']}`);
    const dir = folder({
      lines: rows.map((row) => JSON.stringify(row)).join('\r\n'),
      list: JSON.stringify(rows, null, 1),
      field: JSON.stringify({ before: [{ n: 0 }], rows, after: {} }),
    });
    const read = async (name: string, more = {}) =>
      (await staged(files('json', { data_files: name, ...more }), dir))['train'];
    expect(await read('lines')).toEqual(expected);
    expect(await read('list')).toEqual(expected);
    expect(await read('field', { field: 'rows' })).toEqual(expected);
  });
});

describe('data_files', () => {
  it('name splits in their order, several files and patterns; the same files are the same data set', async () => {
    const line = (n: number) => `{"n":${n}}\n`;
    const dir = folder({ 'b-2.jsonl': line(2), 'b-1.jsonl': line(1), 'a.jsonl': line(0), 'c.jsonl': line(3) });
    const wanted = files('json', { data_files: { test: ['c.jsonl', 'b-*.jsonl'], dev: 'a.jsonl' } });
    expect(await staged(wanted, dir)).toEqual({ test: ["{'n': 3}", "{'n': 1}", "{'n': 2}"], dev: ["{'n': 0}"] });
    expect(Object.keys(await staged(wanted, dir))).toEqual(['test', 'dev']);
    expect(Object.keys(await staged(files('json', { data_files: 'a.jsonl' }), dir))).toEqual(['train']);
    const other = files('json', { data_files: { test: ['c.jsonl'], dev: 'a.jsonl' } });
    expect(filesName(wanted, null)).not.toBe(filesName(other, null));
  });

  it('of parquet are taken as they are', async () => {
    const bytes = parquetWriteBuffer({ columnData: [{ name: 'q', data: ['x'], type: 'STRING' }] });
    const dir = folder({ 'x.parquet': new Uint8Array(bytes) });
    expect(await staged(files('parquet', { data_files: { test: 'x.parquet' } }), dir)).toEqual({
      test: ["{'q': 'x'}"],
    });
  });

  it('that are not sound leave what was made of them before as it is', async () => {
    const bytes = new Uint8Array(parquetWriteBuffer({ columnData: [{ name: 'q', data: ['x'], type: 'STRING' }] }));
    const dir = folder({ 'x.parquet': bytes, 'x.json': '[{"q":"x"}]' });
    const to = folder({});
    for (const [format, file, broken, reason] of [
      ['parquet', 'x.parquet', 'q,a\nx,1\n', /x\.parquet can't be read: it does not begin with PAR1/],
      ['json', 'x.json', '[{"q":', /x\.json: its list does not end/],
    ] as const) {
      const wanted = files(format, { data_files: { test: file } });
      const place = { path: format, config: 'own' };
      await convertFiles(wanted, place, dir, to);
      const held = () => readdirSync(to, { recursive: true, encoding: 'utf8' }).sort();
      const before = held();
      writeFileSync(join(dir, file), broken);
      await expect(convertFiles(wanted, place, dir, to)).rejects.toThrow(reason);
      expect(held()).toEqual(before);
      expect(before).toContain(join(format, 'own', 'test', '0000.parquet'));
    }
  });

  it('that are nowhere are refused with the folder that they count from', async () => {
    const dir = folder({});
    await expect(staged(files('json', { data_files: 'none-*.json' }), dir)).rejects.toThrow(
      `Relative data_files count from ${dir}`,
    );
    expect(existsSync(join(dir, 'json'))).toBe(false);
  });

  it.each([
    [{ data_files: 'https://example.org/x.json' }, /have to be on this machine/],
    [{ data_files: 'x.json', names: ['a'] }, /gives names in dataset_kwargs/],
    [{ data_files: { test: 3 } }, /no path, no list of paths/],
  ])('that can not be staged say why (%#)', (kwargs, reason) => {
    expect(dataFilesOf('csv', loads(JSON.stringify(kwargs)))).toMatch(reason);
  });
});
