import { spawnSync } from 'node:child_process';
import { createReadStream, createWriteStream, existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadEnvFile } from 'node:process';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { createS3 } from '../lib/clients/aws.ts';
import { createSql } from '../lib/clients/postgres.ts';
import { copyText } from '../lib/datasets/copy-text.ts';
import { registerDataset } from '../lib/datasets/load.ts';
import { S3ObjectSource } from '../lib/datasets/object-source.ts';
import { openDataset } from '../lib/datasets/open-dataset.ts';
import { findDataset } from '../lib/datasets/stored-dataset.ts';
import { Logger } from '../lib/log/log.ts';

/**
 * How fast a large data set is registered, and with how much memory, beside a bare COPY of the same rows into the same
 * table; the two take turns. Needs the environment of a running stack (`npm start`, or .local/env).
 *
 *   node bench/register.ts [rows]
 */
const ROWS = Number(process.argv[2] ?? 400_000);
const FILE_ROWS = 50_000;
const ROUNDS = 3;
const PATH = 'bench-register';
const ENV = join(import.meta.dirname, '..', '.local', 'env');

if (process.env['DATASETS_BUCKET'] === undefined && existsSync(ENV)) loadEnvFile(ENV);
const bucket = required('DATASETS_BUCKET');
const s3 = createS3();
const source = new S3ObjectSource(s3, bucket);

if (process.argv[3] === 'make') await makeDataset();
else await compare();
s3.destroy();

async function compare(): Promise<void> {
  // In a process of its own, so that its memory does not count.
  const made = spawnSync(process.execPath, [import.meta.filename, String(ROWS), 'make'], {
    stdio: 'inherit',
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  if (made.status !== 0) throw new Error('the data set could not be made');
  const sql = createSql(required('POSTGRES_URI'));
  const dir = mkdtempSync(join(tmpdir(), 'bench-'));
  try {
    const file = join(dir, 'rows.txt');
    const stored = await findDataset(source, PATH, null);
    await pipeline(Readable.from(copyText(await openDataset(source, stored), undefined, [])), createWriteStream(file));
    const megabytes = statSync(file).size / 1e6;
    const parquetMegabytes =
      stored.splits.flatMap((split) => split.files).reduce((sum, { size }) => sum + size, 0) / 1e6;
    console.log(
      `${ROWS} rows, ${megabytes.toFixed(0)} MB as text, ${parquetMegabytes.toFixed(0)} MB as parquet; load ${loadavg()[0]?.toFixed(1)}`,
    );
    const drop = async () => {
      await sql.unsafe(`DROP TABLE IF EXISTS "${PATH}"`);
    };
    const ratios: number[] = [];
    for (let round = 1; round <= ROUNDS; round++) {
      await drop();
      const ours = await measure(() =>
        registerDataset({
          sql,
          source,
          datasetPath: PATH,
          datasetName: null,
          taskName: PATH,
          log: new Logger('error'),
        }),
      );
      const [{ ddl } = { ddl: '' }] = await sql<{ ddl: string }[]>`
        SELECT string_agg(format('%I %s', attname, format_type(atttypid, atttypmod)), ', ' ORDER BY attnum) AS ddl
        FROM pg_attribute WHERE attrelid = ${PATH}::regclass AND attnum > 0`.catch(() => []);
      await drop();
      const bare = await measure(async () => {
        await sql.begin(async (tx) => {
          await tx.unsafe(`CREATE TABLE "${PATH}" (${ddl})`);
          await pipeline(
            createReadStream(file, { highWaterMark: 256 * 1024 }),
            await tx.unsafe(`COPY "${PATH}" FROM STDIN WITH (FREEZE)`).writable(),
          );
          await tx.unsafe(`ALTER TABLE "${PATH}" ADD PRIMARY KEY (__id, __split)`);
        });
      });
      ratios.push(ours.seconds / bare.seconds);
      console.log(
        `round ${round}: register ${describe(ours, megabytes)}; bare COPY ${describe(bare, megabytes)}; ratio ${ratios.at(-1)?.toFixed(2)}`,
      );
    }
    console.log(
      `register takes ${ratios.sort((a, b) => a - b)[Math.floor(ROUNDS / 2)]?.toFixed(2)} times as long as a bare COPY (median)`,
    );
  } finally {
    await sql.unsafe(`DROP TABLE IF EXISTS "${PATH}"`);
    await sql`DELETE FROM task_registry WHERE task_name = ${PATH}`;
    await sql.end();
    rmSync(dir, { recursive: true });
  }
}

interface Measured {
  seconds: number;
  /** Highest resident size while it ran, in MB. */
  peak: number;
}

async function measure(work: () => Promise<unknown>): Promise<Measured> {
  let peak = 0;
  const timer = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage.rss() / 1e6);
  }, 20);
  const started = performance.now();
  await work();
  clearInterval(timer);
  return { seconds: (performance.now() - started) / 1000, peak };
}

function describe({ seconds, peak }: Measured, megabytes: number): string {
  const rate = `${Math.round(ROWS / seconds).toLocaleString('en')} rows/s, ${(megabytes / seconds).toFixed(0)} MB/s`;
  return `${seconds.toFixed(1)} s (${rate}, peak ${peak.toFixed(0)} MB)`;
}

async function makeDataset(): Promise<void> {
  const words = Array.from({ length: 5000 }, (_, i) => ((i * 2_654_435_761) % 4_294_967_296).toString(36));
  const text = (seed: number, length: number) =>
    Array.from({ length }, (_, i) => words[(seed * 31 + i * 7919) % words.length]).join(' ');
  for (let start = 0; start < ROWS; start += FILE_ROWS) {
    const ids = Array.from({ length: Math.min(FILE_ROWS, ROWS - start) }, (_, i) => start + i);
    const list = { repetition_type: 'OPTIONAL', num_children: 1, converted_type: 'LIST' } as const;
    const body = parquetWriteBuffer({
      columnData: [
        { name: 'question', data: ids.map((id) => text(id, 40)) },
        { name: 'choices', data: ids.map((id) => [0, 1, 2, 3].map((choice) => text(id + choice, 6))) },
        { name: 'answer', data: ids.map((id) => BigInt(id % 4)) },
        { name: 'score', data: ids.map((id) => id / 7) },
      ],
      schema: [
        { name: 'root', num_children: 4 },
        { name: 'question', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' },
        { name: 'choices', ...list },
        { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
        { name: 'element', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' },
        { name: 'answer', type: 'INT64', repetition_type: 'OPTIONAL' },
        { name: 'score', type: 'DOUBLE', repetition_type: 'OPTIONAL' },
      ],
      rowGroupSize: FILE_ROWS,
    });
    const name = `${String(start / FILE_ROWS).padStart(4, '0')}.parquet`;
    const Key = `datasets/${PATH}/default/train/${name}`;
    await s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body: new Uint8Array(body) }));
  }
}

function required(name: string): string {
  const value = process.env[name];
  if (value) return value;
  throw new Error(`${name} is not set. Start a stack (npm start), or set the variables that .local/env would hold.`);
}
