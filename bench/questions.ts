import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { Bucket } from '../lib/bucket/bucket.ts';
import { type Catalogue, openCatalogue } from '../lib/catalogue/catalogue.ts';
import type { TaskEntry } from '../lib/catalogue/entry.ts';
import { toTaskConfig } from '../lib/catalogue/task-config.ts';
import { Logger } from '../lib/log/log.ts';
import { encodePlan, type Plan } from '../lib/plan/plan.ts';
import { registerDataset } from '../lib/register/register-dataset.ts';
import type { BenchServices } from './services.ts';

/** Questions of a task's size and shape, by number. */
interface Shape {
  /** The task of the harness whose definition is rendered. */
  readonly definition: string;
  readonly shots: number;
  /** The split that the worked examples come from, next to the one that is asked about. */
  readonly examples: string;
  readonly row: (n: number) => Record<string, unknown>;
}

/** Rows that worked examples are drawn from. */
const EXAMPLE_ROWS = 100;

const filler = (n: number, words: number) =>
  Array.from({ length: words }, (_, i) => ((n * 31 + i * 7919) % 46_656).toString(36)).join(' ');

/** As long as the data sets' own rows are on average. */
const SHAPES = {
  gsm8k: {
    definition: 'gsm8k',
    shots: 5,
    examples: 'train',
    row: (n) => ({
      question: `${filler(n, 55)} How many are ${n} and ${n + 1}?`,
      answer: `${filler(n, 65)}\n#### ${2 * n + 1}`,
    }),
  },
  mmlu: {
    definition: 'mmlu_high_school_macroeconomics_generative',
    shots: 5,
    examples: 'dev',
    row: (n) => ({
      question: `${filler(n, 30)}?`,
      subject: 'high_school_macroeconomics',
      choices: [0, 1, 2, 3].map((choice) => filler(n + choice, 8)),
      answer: n % 4,
    }),
  },
} satisfies Record<string, Shape>;

export type ShapeName = keyof typeof SHAPES;
export const SHAPE_NAMES: readonly ShapeName[] = ['gsm8k', 'mmlu'];

/** A task that can be planned: a definition of the harness on rows of our own. */
export interface BenchTask {
  readonly name: string;
  /** The first of the documents that are asked about, and their number. */
  readonly firstId: number;
  readonly documents: number;
  /** The encoded plan of a request for so many documents. */
  plan(documents: number): string;
}

/** Stages and registers rows for a task under a name of its own, so that nothing else is touched. */
export async function benchTask(services: BenchServices, shape: ShapeName, documents: number): Promise<BenchTask> {
  const { s3, bucket, sql } = services;
  const source = new Bucket(s3, bucket);
  const name = `bench_${shape}`;
  const catalogue = await openCatalogue({ bucket: source, log: new Logger('error') });
  const entry = await entryOf(catalogue, SHAPES[shape], name);
  const config = toTaskConfig(entry.config);
  const asked = config.test_split ?? 'test';
  await removeTable(services, name);
  await put(s3, bucket, `${name}/default`, SHAPES[shape].examples, SHAPES[shape].row, EXAMPLE_ROWS);
  await put(s3, bucket, `${name}/default`, asked, SHAPES[shape].row, documents);
  const request = { sql, source, datasetPath: name, datasetName: null, taskName: name, log: new Logger('error') };
  const { splits } = await registerDataset(request);
  const range = splits.find(({ split }) => split === asked);
  if (!range) throw new Error(`${name} has no split ${asked}`);
  return {
    name,
    firstId: range.first,
    documents,
    plan: (docCount) => encodePlan(planOf(entry, docCount, SHAPES[shape].shots, asked, config.repeats)),
  };
}

/**
 * Stages rows for a task of the harness under its own name, by default that of its shape, and registers it: for stacks that hold no
 * other rows.
 */
export async function registerOwnRows(
  services: BenchServices,
  shape: ShapeName,
  documents: number,
  definition: string = SHAPES[shape].definition,
): Promise<void> {
  const { s3, bucket, sql } = services;
  const source = new Bucket(s3, bucket);
  const { examples, row } = SHAPES[shape];
  const catalogue = await openCatalogue({ bucket: source, log: new Logger('error') });
  const entry = await catalogue.find(definition);
  if (!entry) throw new Error(`the staged harness has no task ${definition}`);
  const { dataset_path: datasetPath, dataset_name: datasetName, test_split } = toTaskConfig(entry.config);
  const path = `${datasetPath}/${datasetName ?? 'default'}`;
  await put(s3, bucket, path, examples, row, EXAMPLE_ROWS);
  await put(s3, bucket, path, test_split ?? 'test', row, documents);
  await registerDataset({ sql, source, datasetPath, datasetName, taskName: definition, log: new Logger('error') });
}

/** Removes what {@link benchTask} registered. */
export async function removeTable({ sql }: Pick<BenchServices, 'sql'>, name: string): Promise<void> {
  await sql.unsafe(`drop table if exists "${name}"`);
  const [registry] = await sql`select to_regclass('task_registry') as name`;
  if (registry?.['name']) await sql`delete from task_registry where task_name = ${name}`;
}

async function entryOf(catalogue: Catalogue, { definition }: Shape, name: string): Promise<TaskEntry> {
  const entry = await catalogue.find(definition);
  if (!entry) throw new Error(`the staged harness has no task ${definition}`);
  const own = new Map([...entry.config, ['task', name], ['dataset_path', name], ['dataset_name', null]] as const);
  return { ...entry, name, config: own };
}

async function put(
  s3: S3Client,
  Bucket: string,
  path: string,
  split: string,
  row: Shape['row'],
  count: number,
): Promise<void> {
  const rows = Array.from({ length: count }, (_, n) => row(n));
  const columnData = Object.keys(rows[0] ?? {}).map((column) => ({
    name: column,
    data: rows.map((values) => values[column]),
  }));
  const Key = `datasets/${path}/${split}/0000.parquet`;
  await s3.send(new PutObjectCommand({ Bucket, Key, Body: new Uint8Array(parquetWriteBuffer({ columnData })) }));
}

function planOf(entry: TaskEntry, docCount: number, numFewshot: number, evalSplit: string, repeats: number): Plan {
  return {
    task: entry.name,
    resolvedTask: entry.name,
    requestType: 'generate_until',
    shotsInEffect: numFewshot,
    repeats,
    docCount,
    seed: 1n,
    evalSplit,
    entry,
    asked: {
      framework: 'lmeh',
      requesterArgs: new Map([
        ['address', 'bench'],
        ['service', 's'],
      ]),
      blacklist: [],
      llmArgs: new Map(),
      shotsAsked: numFewshot,
      genKwargs: null,
      bootstrapIters: 1,
      systemInstruction: null,
      applyChatTemplate: true,
      fewshotAsMultiturn: true,
      confirmRunUnsafeCode: false,
    },
  };
}
