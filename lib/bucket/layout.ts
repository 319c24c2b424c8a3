import * as z from 'zod';
import { PermanentError } from '../errors/errors.ts';
import { compareCodePoints } from '../python/sort.ts';

/** Where data sets lie in the bucket; BUCKET-1 in docs/rules/tables.md. */
export const DATASETS_PREFIX = 'datasets/';
/** Next to the splits of a data set: revision, split order, sizes and hashes. */
export const MANIFEST_NAME = '_manifest.json';
/** The folder of a data set that has no configuration name. */
const DEFAULT_CONFIG = 'default';
/** Splits come in this order where no manifest says otherwise, and any others after them by name. */
const USUAL_ORDER = ['train', 'validation', 'test'];

const segment = z.string().refine(isSegment, 'must be one folder name');
const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 lower-case hex digits');

/** `_manifest.json`. `splits` is in the order in which the splits are loaded; `size` is in bytes. */
export const manifestSchema = z.object({
  dataset_path: z.string(),
  config: z.string(),
  revision: z.string(),
  splits: z
    .array(
      z.object({
        split: segment,
        files: z.array(
          z.object({ name: segment.regex(/\.parquet$/, 'must end in .parquet'), size: z.int().min(0), sha256 }),
        ),
      }),
    )
    .refine((splits) => new Set(splits.map(({ split }) => split)).size === splits.length, 'names a split twice'),
});
export type Manifest = z.infer<typeof manifestSchema>;

/**
 * The bucket's prefix for a data set, with `/` at its end: `datasets/<path>/<config or default>/`.
 * @throws PermanentError BadTaskDefinition where path or config would lead anywhere else
 */
export function datasetPrefix(datasetPath: string, datasetName: string | null): string {
  const parts = [...datasetPath.split('/'), ...(datasetName ?? DEFAULT_CONFIG).split('/')];
  const wrong = parts.find((part) => !isSegment(part));
  if (wrong === undefined) return `${DATASETS_PREFIX}${parts.join('/')}/`;
  throw new PermanentError(
    'BadTaskDefinition',
    `the data set ${JSON.stringify(datasetPath)}, configuration ${JSON.stringify(datasetName)}, can't be a place in the ` +
      `bucket: ${JSON.stringify(wrong)} is no folder name. Correct dataset_path or dataset_name of the task.`,
  );
}

/** `test/0000.parquet` as split and file name; undefined for keys that are not a file of a split. */
export function splitOfKey(key: string, prefix: string): { split: string; name: string } | undefined {
  const [split = '', name = '', ...rest] = key.slice(prefix.length).split('/');
  if (!key.startsWith(prefix) || rest.length > 0 || !isSegment(split) || !/^(?!\._).+\.parquet$/.test(name))
    return undefined;
  return { split, name };
}

/** The splits in the order in which they are loaded where there is no manifest: train, validation, test, others by name. */
export function inUsualOrder(splits: Iterable<string>): string[] {
  const rank = (split: string) => (USUAL_ORDER.includes(split) ? USUAL_ORDER.indexOf(split) : USUAL_ORDER.length);
  return [...splits].sort((a, b) => rank(a) - rank(b) || compareCodePoints(a, b));
}

/** Whether the text can be one folder's or file's name: not empty, no way up, no separators, no control characters. */
export function isSegment(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is refused
  return text !== '' && text !== '.' && text !== '..' && !/[/\\\u0000-\u001f\u007f]/.test(text);
}
