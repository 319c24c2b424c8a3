import type { ObjectSource } from '../bucket/object-source.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import type { TaskConfig } from '../catalogue/task-config.ts';
import { openDataset } from '../datasets/open-dataset.ts';
import { findStaged } from '../datasets/stored-dataset.ts';
import { PermanentError } from '../errors/errors.ts';
import type { Logger } from '../log/log.ts';
import { functionsOf } from '../processed/functions.ts';
import { processedKey } from '../processed/key.ts';
import type { SplitRows } from '../processed/portions.ts';
import { inPortionsOrTogether, runFunctions, runOnSamples, type TaskToRun } from '../processed/run.ts';
import { findProcessed, storeProcessed } from '../processed/store.ts';
import { encodeDoc } from '../processed/stored-doc.ts';
import { type ClassNames, classNames, spelled } from '../processed/types.ts';
import type { SandboxTransport } from '../sandbox/client.ts';
import { openTable } from '../tables/open.ts';
import { streamSplit } from '../tables/read.ts';
import type { TableInfo } from '../tables/table-info.ts';
import type { Pool } from '../tables/transaction.ts';

/** Where functions are run, and on what. */
export interface FunctionServices {
  readonly sql: Pool;
  readonly source: ObjectSource;
  readonly catalogue: Pick<Catalogue, 'sources'>;
  /** Missing where nothing says where the sandbox is. */
  readonly sandbox?: SandboxTransport | undefined;
  readonly log: Pick<Logger, 'info'>;
}

/**
 * Runs a task's Python functions over its table and stores what they make, unless that is there already: for the same version
 * of the data, texts of functions and runtime. Tasks without functions cost nothing.
 * @returns whether they were run now
 * @throws PermanentError SandboxFailed naming task, function and document; UnsupportedHook; TransientError Unavailable
 */
export async function runTaskFunctions(services: FunctionServices, task: string, config: TaskConfig): Promise<boolean> {
  const wanted = functionsOf(config);
  if (wanted === null) return false;
  const { sql, source, catalogue, sandbox, log } = services;
  const started = Date.now();
  const table = await openTable(sql, task);
  const toRun: TaskToRun = { ...wanted, task, sources: await catalogue.sources() };
  const key = processedKey(toRun, table);
  const before = (await findProcessed(sql, { task }))?.key;
  if (before === key) return false;
  if (sandbox === undefined) {
    throw new PermanentError(
      'Configuration',
      'SANDBOX_FUNCTION is not set: it names the function in which Python functions of tasks are run.',
    );
  }
  const produce = async function* (together?: string) {
    const classes = await classesOf(source, config);
    yield* runFunctions(sandbox, toRun, (split) => rowsOf(sql, table, classes, split), together);
  };
  const functions = Object.fromEntries([...wanted.functions].map(([field, { hook }]) => [field, hook]));
  const version = table.version === undefined ? {} : { version: table.version };
  const given = await runOnSamples(sandbox, toRun);
  const samples = given.map((values) => encodeDoc({ differing: new Map(), values }));
  const toStore = {
    key,
    task,
    before,
    table: table.table,
    functions,
    ...version,
    ...(samples.length > 0 ? { samples } : {}),
  };
  const documents = await inPortionsOrTogether((together) => storeProcessed(sql, toStore, () => produce(together)));
  log.info('ran the functions of a task', { task, table: table.table, documents, milliseconds: Date.now() - started });
  return true;
}

function rowsOf(sql: Pool, table: TableInfo, classes: ClassNames, split: string): SplitRows | undefined {
  if (!table.splits.has(split)) return undefined;
  const columns = table.columns.filter(({ name }) => name !== '__id');
  return {
    columns: columns.map(({ name }) => name),
    types: columns.map(({ name, type }) => spelled(type, classes.get(name))),
    rows: () => streamSplit(sql, table, split),
  };
}

/** The classes that the staged files name for columns of numbers. */
async function classesOf(source: ObjectSource, { dataset_path, dataset_name }: TaskConfig): Promise<ClassNames> {
  const staged = await findStaged(source, dataset_path, dataset_name);
  const files = staged === undefined ? [] : (await openDataset(source, staged)).splits.flatMap((split) => split.files);
  return classNames(files[0]?.parquet.notes.get('huggingface'));
}
