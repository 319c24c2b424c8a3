import { spawnSync } from 'node:child_process';
import { createWriteStream, existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadEnvFile } from 'node:process';
import { pipeline } from 'node:stream/promises';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { buildSync } from 'esbuild';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { Bucket } from '../lib/bucket/bucket.ts';
import { createS3 } from '../lib/clients/aws.ts';
import { createSql } from '../lib/clients/postgres.ts';
import { openDataset } from '../lib/datasets/open-dataset.ts';
import { findDataset } from '../lib/datasets/stored-dataset.ts';
import { createTableStatement, quoteName, tableColumns } from '../lib/tables/table.ts';
import type { Took } from './register-once.ts';
import { median } from './services.ts';

/**
 * How fast a large data set is registered, from the object in S3 to the committed table, and with how much memory, next to
 * psql's \copy (or where there is no psql, a bare COPY) of the same rows from a prepared file into the same table. The two
 * take turns, each in a process of its own. Needs the environment of a running stack (`npm start`, or .local/env).
 *
 *   node bench/register.ts [rows]
 */
const ROWS = Number(process.argv[2] ?? 400_000);
const FILE_ROWS = 50_000;
/** Times differ by a fifth from round to round. */
const ROUNDS = 7;
const PATH = `bench-register-${ROWS}`;
const ENV = join(import.meta.dirname, '..', '.local', 'env');

if (process.env['DATASETS_BUCKET'] === undefined && existsSync(ENV)) loadEnvFile(ENV);
const bucket = required('DATASETS_BUCKET');
const s3 = createS3();
const source = new Bucket(s3, bucket);

await makeDataset();
await compare();
s3.destroy();

async function compare(): Promise<void> {
  const uri = required('POSTGRES_URI');
  const sql = createSql(uri);
  const dir = mkdtempSync(join(tmpdir(), 'bench-'));
  const program = join(dir, 'register-once.cjs');
  // As it is deployed: bundled, without types to be taken out at the start.
  const entry = join(import.meta.dirname, 'register-once.ts');
  buildSync({
    entryPoints: [entry],
    outfile: program,
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'cjs',
  });
  const drop = () => sql.unsafe(`DROP TABLE IF EXISTS ${quoteName(PATH)}`);
  try {
    const file = join(dir, 'rows.txt');
    const dataset = await openDataset(source, await findDataset(source, PATH, null));
    run(program, ['register', PATH]);
    await copyOut(uri, file);
    const megabytes = statSync(file).size / 1e6;
    const before = createTableStatement(PATH, tableColumns(dataset.columns, PATH));
    const after = `ALTER TABLE ${quoteName(PATH)} ADD PRIMARY KEY ("__id", "__split")`;
    const bare = () => (hasPsql() ? psql(uri, file, before, after) : bareCopy(program, file, before, after));
    const floors: { read: number; copy: number }[] = [];
    const other = hasPsql() ? 'psql \\copy' : 'bare COPY';
    console.log(`${ROWS} rows, ${megabytes.toFixed(0)} MB as text; load ${loadavg()[0]?.toFixed(1)}`);
    const ratios: number[] = [];
    const peaks: number[] = [];
    for (let round = 1; round <= ROUNDS; round++) {
      await drop();
      const ours = run(program, ['register', PATH]);
      await drop();
      const theirs = bare();
      await drop();
      const copied = bareCopy(program, file, before, after);
      const read = run(program, ['read', PATH]);
      floors.push({ read: read.seconds / theirs.seconds, copy: copied.seconds / theirs.seconds });
      ratios.push(ours.seconds / theirs.seconds);
      peaks.push(ours.peak);
      const perCore = Math.round(ROWS / ours.cpuSeconds).toLocaleString('en');
      console.log(
        `round ${round}: register ${describe(ours.seconds, megabytes)}, ${perCore} rows a second of one core, peak ${ours.peak.toFixed(0)} MB; ` +
          `${other} ${describe(theirs.seconds, megabytes)}; ratio ${ratios.at(-1)?.toFixed(2)}`,
      );
    }
    console.log(
      `register takes ${median(ratios).toFixed(2)} times as long as ${other} (median), and at most ${Math.max(...peaks).toFixed(0)} MB of memory`,
    );
    console.log(
      `floors, as medians of the same: the rows read and encoded but sent nowhere ${median(floors.map(({ read }) => read)).toFixed(2)}, ` +
        `the prepared file sent by the same client of Postgres ${median(floors.map(({ copy }) => copy)).toFixed(2)}`,
    );
  } finally {
    await drop();
    await sql`DELETE FROM task_registry WHERE task_name = ${PATH}`;
    await sql.end();
    rmSync(dir, { recursive: true });
  }
}

/**
 * By a client of its own, which is ended whatever it waits for: where the last row fills what the reader has room for, the client
 * of Postgres stops its socket and never hears that the copy is over. The process then has nothing to wait for, and ends at the
 * next `await`.
 */
async function copyOut(uri: string, file: string): Promise<void> {
  const sql = createSql(uri, { max: 1 });
  try {
    await pipeline(await sql.unsafe(`COPY ${quoteName(PATH)} TO STDOUT`).readable(), createWriteStream(file));
  } finally {
    await sql.end({ timeout: 1 });
  }
}

function run(program: string, args: string[]): Took {
  const ran = spawnSync(process.execPath, [program, ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  if (ran.status !== 0) throw new Error(`${args[0]} ended with ${ran.status}`);
  return JSON.parse(ran.stdout);
}

function hasPsql(): boolean {
  return spawnSync('psql', ['--version']).status === 0;
}

function psql(uri: string, file: string, before: string, after: string): { seconds: number } {
  const started = performance.now();
  const statements = [before, `\\copy ${quoteName(PATH)} from '${file}' with (freeze)`, after].flatMap((line) => [
    '-c',
    line,
  ]);
  const ran = spawnSync('psql', ['-X', '-q', '-1', '-v', 'ON_ERROR_STOP=1', ...statements, uri], { stdio: 'inherit' });
  if (ran.status !== 0) throw new Error(`psql ended with ${ran.status}`);
  return { seconds: (performance.now() - started) / 1000 };
}

function bareCopy(program: string, file: string, before: string, after: string): { seconds: number } {
  const copy = `COPY ${quoteName(PATH)} FROM STDIN WITH (FREEZE)`;
  return run(program, ['copy', file, JSON.stringify({ before, copy, after })]);
}

function describe(seconds: number, megabytes: number): string {
  const rate = `${Math.round(ROWS / seconds).toLocaleString('en')} rows/s, ${(megabytes / seconds).toFixed(0)} MB/s`;
  return `${seconds.toFixed(1)} s (${rate})`;
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
