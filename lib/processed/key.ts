import { createHash } from 'node:crypto';
import { dumps } from '../python/json.ts';
import { RUNTIME_VERSION } from '../sandbox/protocol.ts';
import type { SplitInfo } from '../tables/table-info.ts';
import { filesOf, type TaskToRun } from './run.ts';

/** Changes when what is stored of documents changes its form. */
const STORED_FORMAT = 1;

/** The table that functions are run over, as far as their documents follow from it. */
export interface TableRun {
  readonly table: string;
  readonly version?: string | undefined;
  readonly splits: ReadonlyMap<string, SplitInfo>;
}

/** Names what the functions make of this version of the table. Tasks with the same functions share it. */
export function processedKey(toRun: TaskToRun, { table, version, splits }: TableRun): string {
  const files = [...filesOf(toRun)].sort(([a], [b]) => (a < b ? -1 : 1));
  const functions = [...toRun.functions].map(([field, { hook }]) => [field, hook]);
  const samples = toRun.samples.docs.map((doc) => dumps(doc));
  const parts = [
    STORED_FORMAT,
    RUNTIME_VERSION,
    table,
    version ?? null,
    [...splits].map(([split, { min, max, count }]) => [split, { min, max, count }]),
    functions,
    toRun.splits,
    files,
    ...(samples.length > 0 ? [samples, toRun.samples.fields] : []),
  ];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32);
}
