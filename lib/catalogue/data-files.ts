import { hash } from 'node:crypto';
import { dumps } from '../python/json.ts';
import { isDict, type PyValue } from '../python/value.ts';

/** The formats of files that `datasets` reads under these names as `dataset_path`, and that can be staged here. */
const FILE_FORMATS = ['json', 'csv', 'parquet'] as const;
/** One of them. */
export type FileFormat = (typeof FILE_FORMATS)[number];

/** A data set of one's own files: `dataset_path: json` and `dataset_kwargs: {data_files: ...}`. */
export interface DataFiles {
  readonly format: FileFormat;
  /** Splits in their order, with the paths and patterns of their files. */
  readonly splits: readonly { readonly split: string; readonly patterns: readonly string[] }[];
  /** Of JSON: the key under which the rows are. */
  readonly field: string | null;
  /** Of CSV: what stands between cells. */
  readonly delimiter: string;
}

/** What the format's reader may be told here besides. */
const OPTIONS: Readonly<Record<FileFormat, readonly string[]>> = {
  json: ['field'],
  csv: ['sep', 'delimiter'],
  parquet: [],
};
/** Options without any effect on rows. */
const IDLE = ['trust_remote_code', 'streaming', 'num_proc', 'cache_dir', 'keep_in_memory'];

/** Whether that `dataset_path` names a format of files. */
function isFileFormat(path: unknown): path is FileFormat {
  return FILE_FORMATS.some((format) => format === path);
}

/**
 * Reads a task's files off its definition; null where its data set is no such one.
 * @returns what is wrong, as the end of a sentence about the task, where they can't be staged
 */
export function dataFilesOf(path: unknown, kwargs: unknown): DataFiles | string | null {
  if (!isFileFormat(path) || !(kwargs instanceof Map)) return null;
  const given = new Map([...kwargs].filter(([, value]) => value !== null));
  const files: PyValue = given.get('data_files') ?? null;
  if (files === null) return null;
  const foreign = [...given.keys()]
    .map(String)
    .filter((key) => !['data_files', ...IDLE, ...OPTIONS[path]].includes(key));
  if (foreign.length > 0) {
    const known = ['data_files', ...OPTIONS[path]].join(', ');
    return `gives ${foreign.join(', ')} in dataset_kwargs, which files of ${path} can't be read by here (${known} can)`;
  }
  const splits = splitsOf(files);
  if (splits === null) return 'has data_files that are no path, no list of paths, and no mapping from splits to these';
  const remote = splits.flatMap(({ patterns }) => patterns).find((pattern) => /^[a-z][a-z0-9+.-]*:\/\//i.test(pattern));
  if (remote !== undefined) return `reads ${remote}: files have to be on this machine when they are staged`;
  const [field = null, delimiter = ','] = [given.get('field'), given.get('sep') ?? given.get('delimiter')];
  if ((field !== null && typeof field !== 'string') || typeof delimiter !== 'string' || delimiter.length !== 1) {
    return 'has a field that is no text, or a separator that is no single character, in dataset_kwargs';
  }
  return { format: path, splits, field, delimiter };
}

/** As `datasets` takes them: a mapping names splits, all else is the split `train`. */
function splitsOf(files: PyValue): DataFiles['splits'] | null {
  if (!isDict(files)) {
    const patterns = pathsOf(files);
    return patterns && [{ split: 'train', patterns }];
  }
  const splits = [...files].map(([split, value]) => ({ split: String(split), patterns: pathsOf(value) }));
  if (splits.length === 0) return null;
  return splits.flatMap(({ split, patterns }) => (patterns === null ? [] : { split, patterns })).length ===
    splits.length
    ? splits.map(({ split, patterns }) => ({ split, patterns: patterns ?? [] }))
    : null;
}

function pathsOf(value: PyValue): string[] | null {
  const list = Array.isArray(value) ? value : [value];
  const texts = list.filter((item) => typeof item === 'string' && item !== '');
  return texts.length === list.length && texts.length > 0 ? texts.map(String) : null;
}

/** Tells data sets of the same format apart, in the place of a configuration's name: the same files have the same one. */
export function filesName(files: DataFiles, name: string | null): string {
  const splits: PyValue[] = files.splits.map(({ split, patterns }) => [split, ...patterns]);
  const text = dumps([files.format, splits, files.field, files.delimiter, name]);
  return `files-${hash('sha256', text, 'hex').slice(0, 12)}`;
}
