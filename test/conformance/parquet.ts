import { createReadStream, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createGunzip } from 'node:zlib';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import type { Sql } from 'postgres';
import * as z from 'zod';
import { Bucket } from '../../lib/bucket/bucket.ts';
import { createSql } from '../../lib/clients/postgres.ts';
import { PermanentError } from '../../lib/errors/errors.ts';
import { Logger } from '../../lib/log/log.ts';
import { repr } from '../../lib/python/repr.ts';
import type { Doc } from '../../lib/python/value.ts';
import { registerDataset } from '../../lib/register/register-dataset.ts';
import { openTable } from '../../lib/tables/open.ts';
import { streamSplit } from '../../lib/tables/read.ts';
import { startFauxqsEmulator } from '../../localstack/fauxqs.ts';
import { startPostgres } from '../../localstack/postgres.ts';
import { choosePort } from '../../localstack/processes.ts';
import { createLocalS3, createResources } from '../../localstack/resources.ts';

const CACHE = join(import.meta.dirname, '..', '..', '.cache');

/** A folder in which nothing is expected of its files. */
export class NothingToCompare extends Error {
  override readonly name = 'NothingToCompare';
}

/** What pyarrow makes of a file: its rows as Python prints them, or why it reads it not, or can't show what it read. */
const expectation = z.object({
  file: z.string(),
  rows: z.array(z.string()).optional(),
  err: z.string().optional(),
  pylist: z.string().optional(),
});
type Expectation = z.infer<typeof expectation>;

/** How a file compares; `refused here` is a decision, which docs/datasets.md lists, and no difference. */
export interface Verdict {
  readonly file: string;
  readonly outcome: 'equal' | 'different' | 'refused here';
  readonly why: string;
}

/** Where files are loaded to and read back from. */
export interface ParquetBench {
  readonly sql: Sql;
  readonly source: Bucket;
  put(key: string, body: Uint8Array): Promise<void>;
}

/** Loads each parquet file of a folder into Postgres, reads it back and checks it against `expected.jsonl.gz` next to it. */
export async function conformance(dir: string): Promise<boolean> {
  // Before any server is started for nothing.
  await expectations(dir);
  const home = join(CACHE, `conformance-${process.pid}`);
  mkdirSync(home, { recursive: true });
  const [postgres, emulator] = await Promise.all([
    startPostgres(home, await choosePort()),
    startFauxqsEmulator(home, await choosePort()),
  ]);
  const sql = createSql(postgres.uri);
  const s3 = createLocalS3(emulator.endpoint);
  try {
    const { env } = await createResources(emulator.endpoint, 'conformance');
    const bucket = env['DATASETS_BUCKET'] ?? '';
    const put = async (Key: string, Body: Uint8Array) => {
      await s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body }));
    };
    const verdicts = await compareFolder({ sql, source: new Bucket(s3, bucket), put }, dir);
    return report(verdicts);
  } finally {
    await sql.end();
    s3.destroy();
    await Promise.all([postgres.process.stop(), emulator.stop()]);
    rmSync(home, { recursive: true, force: true });
  }
}

/** A verdict for each file of the folder; one of which nothing is expected is different. */
export async function compareFolder(bench: ParquetBench, dir: string): Promise<Verdict[]> {
  const expected = await expectations(dir);
  const files = readdirSync(dir).filter((name) => name.endsWith('.parquet'));
  const verdicts: Verdict[] = [];
  for (const file of files.sort()) {
    const wanted = expected.get(file);
    if (wanted === undefined) verdicts.push({ file, outcome: 'different', why: 'nothing is expected of it' });
    else verdicts.push(await compareFile(bench, readFileSync(join(dir, file)), wanted));
  }
  for (const file of expected.keys()) {
    if (!files.includes(file)) verdicts.push({ file, outcome: 'different', why: 'it is not in the folder' });
  }
  return verdicts;
}

/** Prints what is not equal, and the totals; gives whether nothing is different. */
export function report(verdicts: readonly Verdict[], say: (line: string) => void = console.log): boolean {
  const of = (outcome: Verdict['outcome']) => verdicts.filter((verdict) => verdict.outcome === outcome);
  for (const { file, outcome, why } of verdicts) if (outcome !== 'equal') say(`${outcome}: ${file}: ${why}`);
  const refused = of('refused here');
  say(`only we refuse ${refused.length}${refused.length > 0 ? `: ${refused.map(({ file }) => file).join(', ')}` : ''}`);
  say(`${of('equal').length} equal, ${of('different').length} different`);
  return of('different').length === 0;
}

async function compareFile(bench: ParquetBench, bytes: Uint8Array, expected: Expectation): Promise<Verdict> {
  const { file, rows } = expected;
  const refusedThere = expected.err ?? expected.pylist;
  const verdict = (outcome: Verdict['outcome'], why: string): Verdict => ({ file, outcome, why });
  let actual: string[];
  try {
    actual = await throughPostgres(bench, bytes, file);
  } catch (error) {
    if (!(error instanceof PermanentError) || error.code !== 'DatasetInvalid') {
      return verdict('different', `it fails in no way that is foreseen: ${error}`);
    }
    return verdict(refusedThere === undefined ? 'refused here' : 'equal', error.message);
  }
  if (rows === undefined) return verdict('different', `it is read here, and there it is not (${refusedThere})`);
  if (actual.length !== rows.length) return verdict('different', `${actual.length} rows instead of ${rows.length}`);
  const row = actual.findIndex((text, index) => text !== rows[index]);
  if (row < 0) return verdict('equal', '');
  return verdict('different', `row ${row} is ${short(actual[row])} instead of ${short(rows[row])}`);
}

async function throughPostgres({ sql, source, put }: ParquetBench, bytes: Uint8Array, file: string): Promise<string[]> {
  const datasetPath = file.replace(/\.parquet$/, '');
  await put(`datasets/${datasetPath}/default/test/0000.parquet`, bytes);
  const log = new Logger('error');
  await registerDataset({ sql, source, datasetPath, datasetName: null, taskName: datasetPath, log });
  const info = await openTable(sql, datasetPath);
  const rows: string[] = [];
  for await (const docs of streamSplit(sql, info, 'test')) rows.push(...docs.map(shown));
  return rows;
}

/** A row as Python prints it, without the id that its document begins with. */
function shown(doc: Doc): string {
  return repr(new Map([...doc].slice(1)));
}

function short(text = ''): string {
  return text.length > 300 ? `${text.slice(0, 300)}...` : text;
}

async function expectations(dir: string): Promise<Map<string, Expectation>> {
  const path = join(dir, 'expected.jsonl.gz');
  if (!existsSync(path))
    throw new NothingToCompare(
      `${path} is missing: it says what the files hold. See ../shared/data/parquet-testing for one.`,
    );
  const expected = new Map<string, Expectation>();
  const lines = createInterface({ input: createReadStream(path).pipe(createGunzip()) });
  for await (const line of lines) {
    const entry = expectation.parse(JSON.parse(line));
    expected.set(entry.file, entry);
  }
  return expected;
}
