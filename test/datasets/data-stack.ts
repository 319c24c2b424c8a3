import { createHash } from 'node:crypto';
import { DeleteObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { type ParquetWriteOptions, parquetWriteBuffer } from 'hyparquet-writer';
import type { Sql } from 'postgres';
import { Bucket } from '../../lib/bucket/bucket.ts';
import { createSql } from '../../lib/clients/postgres.ts';
import { Logger } from '../../lib/log/log.ts';
import type { Doc } from '../../lib/python/value.ts';
import { registerDataset } from '../../lib/register/register-dataset.ts';
import { openTable } from '../../lib/tables/open.ts';
import { readDocsByIds } from '../../lib/tables/read.ts';
import { createLocalS3 } from '../../localstack/resources.ts';
import { freshStack, required } from '../helpers/stack.ts';

/** A bucket and a database, and what tests do with them. */
export interface DataStack {
  readonly s3: S3Client;
  readonly bucket: string;
  readonly source: Bucket;
  readonly sql: Sql;
  readonly postgresUri: string;
  readonly mongodbUri: string;
  /** Of SQS and S3. */
  readonly endpoint: string;
  readonly shardQueueUrl: string;
  /** What the functions would have. */
  readonly env: Record<string, string>;
  /** Lines that were logged. */
  readonly logged: string[];
  /** Puts a file into the bucket, below `datasets/`. */
  put(key: string, body: Uint8Array | string): Promise<void>;
  /** Removes a file from the bucket. */
  remove(key: string): Promise<void>;
  /** Puts the files of a data set's splits, with a manifest unless told otherwise. */
  putDataset(path: string, splits: Record<string, Uint8Array[]>, options?: { manifest?: boolean }): Promise<void>;
  register(taskName: string, datasetPath: string, datasetName?: string | null): ReturnType<typeof registerDataset>;
  /** All documents of a task's table; through these connections, where they are not those that register has. */
  docs(taskName: string, through?: Sql): Promise<Doc[]>;
  dispose(): Promise<void>;
}

/** An empty bucket and an empty database on the run's services. */
export async function openDataStack(): Promise<DataStack> {
  const stack = await freshStack();
  const s3 = createLocalS3(stack.endpoint);
  const bucket = required(stack.env, 'DATASETS_BUCKET');
  const source = new Bucket(s3, bucket);
  const sql = createSql(stack.postgresUri);
  const logged: string[] = [];
  const log = new Logger('debug', {}, (line) => logged.push(line));
  const put = async (key: string, body: Uint8Array | string) => {
    await s3.send(new PutObjectCommand({ Bucket: bucket, Key: `datasets/${key}`, Body: body }));
  };
  return {
    s3,
    bucket,
    source,
    sql,
    postgresUri: stack.postgresUri,
    mongodbUri: stack.mongodbUri,
    endpoint: stack.endpoint,
    env: stack.env,
    shardQueueUrl: required(stack.env, 'SHARD_QUEUE_URL'),
    logged,
    put,
    async remove(key) {
      await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: `datasets/${key}` }));
    },
    async putDataset(path, splits, { manifest = true } = {}) {
      const listed = [];
      for (const [split, files] of Object.entries(splits)) {
        const entries = [];
        for (const [index, body] of files.entries()) {
          const name = `${String(index).padStart(4, '0')}.parquet`;
          await put(`${path}/${split}/${name}`, body);
          entries.push({ name, size: body.length, sha256: createHash('sha256').update(body).digest('hex') });
        }
        listed.push({ split, files: entries });
      }
      const text = { dataset_path: path, config: 'default', revision: 'r1', splits: listed };
      if (manifest) await put(`${path}/_manifest.json`, JSON.stringify(text));
    },
    register: (taskName, datasetPath, datasetName = null) =>
      registerDataset({ sql, source, datasetPath, datasetName, taskName, log }),
    async docs(taskName, through = sql) {
      const info = await openTable(through, taskName);
      const ids = [...info.splits.values()].flatMap(({ min, count }) =>
        Array.from({ length: count }, (_, i) => min + i),
      );
      return await readDocsByIds(through, info, ids);
    },
    async dispose() {
      await sql.end();
      s3.destroy();
      await stack.dispose();
    },
  };
}

/** A parquet file of these columns. */
export function parquet(
  columnData: ParquetWriteOptions['columnData'],
  options: Partial<Omit<ParquetWriteOptions, 'columnData' | 'writer'>> = {},
): Uint8Array {
  return new Uint8Array(parquetWriteBuffer({ columnData, ...options }));
}

/** A file whose second and last row has more digits than its column can have. */
export function overflowing(): Uint8Array {
  const decimal = {
    type: 'INT32',
    converted_type: 'DECIMAL',
    repetition_type: 'REQUIRED',
    scale: 1,
    precision: 2,
  } as const;
  const schema = [
    { name: 'root', num_children: 1 },
    { name: 'd', ...decimal },
  ];
  return parquet([{ name: 'd', data: [1.5, 12345.5] }], { schema });
}

/** A file with one column of texts. */
export function texts(name: string, data: (string | null)[]): Uint8Array {
  return parquet([{ name, data, type: 'STRING' }]);
}

/** What Postgres holds of a data set: its registry rows and tables by that name. */
export async function tracesOf(sql: DataStack['sql'], name: string): Promise<unknown[]> {
  const tables = await sql`SELECT relname FROM pg_class WHERE relkind = 'r' AND relname LIKE ${`${name}%`}`;
  const tasks = await sql`SELECT task_name FROM task_registry WHERE dataset_table_name LIKE ${`${name}%`}`;
  return [...tables, ...tasks];
}
