import { type OpenDataset, openDataset } from '../datasets/open-dataset.ts';
import type { StoredDataset } from '../datasets/stored-dataset.ts';
import { type ColumnType, describeType } from '../parquet/column-type.ts';
import { tableColumns } from '../tables/table.ts';
import { joinLoad, loadInParts } from './load-in-parts.ts';
import { loadWhole } from './load-whole.ts';
import { needsParts } from './plan-parts.ts';
import type { DatasetToLoad, RegisterResult, Registration } from './registration.ts';

/**
 * Loads a data set whose table is missing or holds another version: now, or where it is large by messages of its own. One
 * whose load is under way is waited for.
 * @throws PermanentError DatasetMissing, DatasetInvalid
 * @throws TransientError Unavailable
 */
export async function loadDataset(registration: Registration, stored: StoredDataset): Promise<RegisterResult> {
  const { source, filter } = registration;
  // Ids depend on which rows the filter keeps, so what goes through one is loaded in one go.
  const inParts = filter === undefined ? registration.inParts : undefined;
  const joined = inParts && (await joinLoad(registration, inParts, stored.version));
  if (joined !== undefined) return joined;
  // Reading the files comes before any transaction, which should be short.
  const dataset = await openDataset(source, stored);
  warnOf(registration, dataset);
  const toLoad = { stored, dataset, description: describe(registration, stored, dataset) };
  return inParts !== undefined && needsParts(dataset, inParts.limits)
    ? await loadInParts(registration, inParts, toLoad)
    : await loadWhole(registration, toLoad);
}

/** What a data set can be registered with, and will disappoint with when it is sampled. */
function warnOf({ log, table, taskName }: Registration, { columns }: OpenDataset): void {
  const task = { table, task: taskName };
  if (columns.some(({ name }) => name === '__id')) {
    log.warn('a column of the data set is left out of its documents: __id is the number of the row in them', task);
  }
  const unstorable = columns.filter(({ type }) => !fitsMongo(type));
  if (unstorable.length === 0) return;
  log.warn('no request for this data set can succeed: MongoDB has no form for the values of some columns', {
    ...task,
    columns: unstorable.map(({ name, type }) => `${name}: ${describeType(type)}`),
  });
}

/** Whether MongoDB's Python driver, and so the documents, have a form for the values of a column. */
function fitsMongo(type: ColumnType): boolean {
  if (type.kind === 'list') return fitsMongo(type.item);
  if (type.kind === 'map') return fitsMongo(type.key) && fitsMongo(type.value);
  if (type.kind === 'struct') return type.fields.every((field) => fitsMongo(field.type));
  return !['date', 'time', 'duration', 'decimal', 'uuid'].includes(type.kind);
}

function describe(
  { datasetPath, datasetName, table, filter }: Registration,
  { revision, version }: StoredDataset,
  { columns }: OpenDataset,
): DatasetToLoad['description'] {
  return {
    sampler: 1,
    dataset_path: datasetPath,
    dataset_name: datasetName,
    revision,
    version,
    filter: filter?.name ?? null,
    columns: tableColumns(columns, table),
  };
}
