import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ObjectSource } from '../../lib/bucket/object-source.ts';
import { Logger } from '../../lib/log/log.ts';
import { registerDataset } from '../../lib/register/register-dataset.ts';
import { openTable } from '../../lib/tables/open.ts';
import { type DataStack, openDataStack, overflowing, parquet, texts } from '../datasets/data-stack.ts';

const silent = new Logger('error');
const LFS =
  'version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 12345\n';

let dataStack: DataStack;
beforeAll(async () => {
  dataStack = await openDataStack();
});
afterAll(async () => {
  await dataStack?.dispose();
});

const good = texts('t', ['one', 'two', 'three']);

/** The good file with other bytes from `at` on; negative counts from the end. */
function changed(at: number, ...bytes: number[]): Uint8Array {
  const copy = Uint8Array.from(good);
  copy.set(bytes, at < 0 ? copy.length + at : at);
  return copy;
}

const ascii = (text: string) => new TextEncoder().encode(text);

describe('a file that is no sound parquet file is refused with the reason, and the old table stays', () => {
  beforeAll(async () => {
    await dataStack.putDataset('files/default', { test: [good] });
    await dataStack.register('files_task', 'files');
  });

  it.each<[string, Uint8Array, RegExp]>([
    ['empty', new Uint8Array(), /it is empty/],
    ['a few bytes', ascii('PAR1'), /too few/],
    ['a pointer of Git LFS', ascii(LFS), /pointer of Git LFS.*git lfs pull/],
    ['an HTML page', ascii('<!DOCTYPE html><html><body>404</body></html>'), /HTML/],
    ['an XML error', ascii('<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>'), /XML/],
    ['JSON', ascii('{"error":"not found"}        '), /JSON/],
    ['another format', ascii('ARROW1\0\0 and more bytes'), /does not begin with PAR1/],
    ['encrypted, with its footer', changed(0, ...ascii('PARE')), /encrypted/],
    ['encrypted, by its end', changed(-4, ...ascii('PARE')), /encrypted/],
    ['cut off', good.subarray(0, good.length - 20), /cut off/],
    ['without a footer', changed(-8, 0, 0, 0, 0), /footer claims to be 0 bytes/],
    ['with a footer of 2 GiB', changed(-8, 0xff, 0xff, 0xff, 0x7f), /footer claims to be 2147483647 bytes/],
    ['with a footer of one byte more than the file has', changed(-8, ...sizeOf(good.length - 11)), /footer claims/],
    ['with garbage as footer', changed(-40, ...Array.from({ length: 24 }, () => 0xff)), /can't be read/],
  ])('%s', async (_, file, reason) => {
    await dataStack.putDataset('files/default', { test: [file] });
    const refused = dataStack.register('files_task', 'files');
    await expect(refused).rejects.toMatchObject({ code: 'DatasetInvalid', permanent: true });
    await expect(refused).rejects.toThrow(reason);
    await expect(refused).rejects.toThrow(/datasets\/files\/default\/test\/0000\.parquet/);
    expect((await openTable(dataStack.sql, 'files_task')).splits.get('test')?.count).toBe(3);
  });

  it('with a footer longer than is read', async () => {
    const size = 40 * 1024 ** 2;
    const long: ObjectSource = {
      name: 'long',
      stat: async (key) => (key.endsWith('.json') ? undefined : { size }),
      readRange: async (_, start, end) => {
        const bytes = new Uint8Array(end - start);
        if (start === 0) bytes.set(ascii('PAR1'));
        if (end === size) bytes.set([...sizeOf(size - 12), ...ascii('PAR1')], end - start - 8);
        return bytes;
      },
      async *list(prefix) {
        yield { key: `${prefix}test/0000.parquet`, size };
      },
    };
    await expect(registerFrom(long, 'longfooter')).rejects.toThrow(/footer is 41943028 bytes long, where 33554432/);
  });
});

describe('what a data set says about itself', () => {
  it('more columns than a table can have are refused in words', async () => {
    const columns = Array.from({ length: 1599 }, (_, i) => ({ name: `c${i}`, data: [i], type: 'INT32' as const }));
    await dataStack.putDataset('toowide/default', { test: [parquet(columns)] });
    await expect(dataStack.register('toowide_task', 'toowide')).rejects.toThrow(/1599 columns.*at most 1600/);
    await dataStack.putDataset('aswide/default', { test: [parquet(columns.slice(1))] });
    expect(await dataStack.register('aswide_task', 'aswide')).toMatchObject({ outcome: 'loaded' });
  });

  it('columns nested too deeply for JSON are refused', async () => {
    const depth = 200;
    const groups = Array.from({ length: depth }, (_, i) => ({
      name: `g${i}`,
      num_children: 1,
      ...(i === 0 ? {} : { repetition_type: 'OPTIONAL' as const }),
    }));
    const leaf = { name: 'x', type: 'INT32' as const, repetition_type: 'OPTIONAL' as const };
    const file = parquet([{ name: 'g1', data: [null] }], { schema: [...groups, leaf] });
    await dataStack.putDataset('deep/default', { test: [file] });
    await expect(dataStack.register('deep_task', 'deep')).rejects.toThrow(/nested more than/);
  });

  it('two columns of one name, or two fields of a struct, are refused', async () => {
    const twice = [
      { name: 'root', num_children: 2 },
      { name: 'a', type: 'INT32' as const, repetition_type: 'OPTIONAL' as const },
      { name: 'a', type: 'INT32' as const, repetition_type: 'OPTIONAL' as const },
    ];
    const column = { name: 'a', data: [1] };
    await dataStack.putDataset('twice/default', { test: [parquet([column, column], { schema: twice })] });
    await expect(dataStack.register('twice_task', 'twice')).rejects.toThrow(/"a" occurs twice/);
  });

  it('the splits that the task asks about and takes examples from must be staged', async () => {
    await dataStack.putDataset('part/default', { train: [good], dev: [good] });
    const request = {
      sql: dataStack.sql,
      source: dataStack.source,
      datasetPath: 'part',
      datasetName: null,
      log: silent,
    };
    const refused = registerDataset({ ...request, taskName: 'part_task', split: 'test' });
    await expect(refused).rejects.toMatchObject({ code: 'DatasetMissing', permanent: true });
    await expect(refused).rejects.toThrow(/without the split test.*it has train, dev/);
    // The harness reads the few-shot split too when it builds the task, whatever it is asked for.
    const unshown = { ...request, taskName: 'part_task', split: 'dev', examples: 'validation' };
    const words =
      /without the split validation, which the task part_task takes its few-shot examples from; it has train, dev/;
    await expect(registerDataset(unshown)).rejects.toThrow(words);
    expect(await registerDataset({ ...unshown, examples: 'train' })).toMatchObject({ outcome: 'loaded' });
    await expect(registerDataset({ ...unshown, taskName: 'joining_task' })).rejects.toThrow(/joining_task takes/);
  });
});

describe('a value that cannot be stored', () => {
  it('is named by file, row and column: half a surrogate pair, or other bytes that are no UTF-8', async () => {
    const schema = [
      { name: 'root', num_children: 1 },
      { name: 't', type: 'BYTE_ARRAY' as const, converted_type: 'UTF8' as const, repetition_type: 'OPTIONAL' as const },
    ];
    for (const bad of [[0xed, 0xa0, 0x80], [0xff], [0xc3]]) {
      const data = [ascii('fine \ufffd'), Uint8Array.from(bad)];
      const file = parquet([{ name: 't', data, encoding: 'PLAIN' }], { schema });
      await dataStack.putDataset('utf/default', { test: [file] });
      await expect(dataStack.register('utf_task', 'utf')).rejects.toThrow(
        /test\/0000\.parquet can't be read, row group 0: row 1 \(from 0\), column "t".*utf-8/i,
      );
    }
  });

  it('is named by Postgres where it does not take it', async () => {
    await dataStack.putDataset('over/default', { test: [overflowing()] });
    await expect(dataStack.register('over_task', 'over')).rejects.toThrow(
      /numeric field overflow \(COPY .* line 2, column d/,
    );
  });
});

describe('an object that changes while it is being read', () => {
  it('ends the load, which can be tried again; then the manifest decides', async () => {
    const rows = Array.from({ length: 80 }, (_, i) => `${i}`.padEnd(100_000, 'x'));
    const options = { codec: 'UNCOMPRESSED', rowGroupSize: 5 } as const;
    const file = parquet([{ name: 't', data: rows, type: 'STRING', encoding: 'PLAIN' }], options);
    await dataStack.putDataset('moving/default', { test: [file] }, { manifest: false });
    let reads = 0;
    const moving: ObjectSource = {
      name: dataStack.source.name,
      stat: (key) => dataStack.source.stat(key),
      async readRange(key, start, end, etag, into) {
        if (reads++ === 4) await dataStack.put('moving/default/test/0000.parquet', texts('t', rows.slice(1)));
        return await dataStack.source.readRange(key, start, end, etag, into);
      },
      list: (prefix) => dataStack.source.list(prefix),
    };
    await expect(registerFrom(moving, 'moving')).rejects.toMatchObject({ code: 'Unavailable', permanent: false });
    expect(reads).toBeGreaterThan(4);
    await expect(openTable(dataStack.sql, 'moving_task')).rejects.toMatchObject({ code: 'NotRegistered' });
    expect(await registerFrom(dataStack.source, 'moving')).toMatchObject({
      outcome: 'loaded',
      splits: [{ count: 79 }],
    });
  });
});

function registerFrom(source: ObjectSource, name: string) {
  const request = {
    sql: dataStack.sql,
    source,
    datasetPath: name,
    datasetName: null,
    taskName: `${name}_task`,
    log: silent,
  };
  return registerDataset(request);
}

function sizeOf(length: number): number[] {
  return [length & 0xff, (length >> 8) & 0xff, (length >> 16) & 0xff, (length >> 24) & 0xff];
}
