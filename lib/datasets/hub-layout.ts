import { PermanentError } from '../errors/errors.ts';

/** What `push_to_hub` names files: `test-00000-of-00001.parquet`, at times with a hash behind. */
const SHARD = /^(.+?)-\d{5}-of-\d{5}(?:-[^/]*)?\.parquet$/;
/** The hub's folder of the configuration that has no name. */
const DEFAULT_FOLDER = 'data';
/** The bucket's. */
const DEFAULT_CONFIG = 'default';
/** Names that are a split's and hardly ever a configuration's. */
const SPLITS = /^(train|training|validation|valid|val|dev|test|testing|eval|evaluation)$/;

/** Where a file of the hub's layout belongs. */
export interface HubPlace {
  /** Of the data set, as the bucket has it: `acme/capitals/default`. */
  readonly folder: string;
  readonly split: string;
}

/**
 * Reads `<path>/<config, or data>/<split>-NNNNN-of-NNNNN.parquet`, as copies of the hub's repositories are laid out: `datasets` takes
 * the split from the file's name, and `data` for the default configuration. Undefined for a file of the bucket's layout,
 * `<path>/<config>/<split>/<name>.parquet`.
 * @param parts the file's path below the folder of data sets
 * @throws PermanentError DatasetInvalid where folder and name contradict each other
 */
export function hubPlace(parts: readonly string[]): HubPlace | undefined {
  const [folder = '', name = ''] = parts.slice(-2);
  const split = SHARD.exec(name)?.[1];
  if (split === undefined) {
    if (folder !== DEFAULT_FOLDER || /^\d+\.parquet$/.test(name)) return undefined;
    throw refuse(
      parts,
      `of files in a folder ${DEFAULT_FOLDER} the name tells the split, such as test-00000-of-00001.parquet`,
    );
  }
  if (folder === split || parts.length < 3) return undefined;
  if (SPLITS.test(folder) && SPLITS.test(split))
    throw refuse(parts, `its folder says ${folder}, and its name ${split}`);
  return { folder: [...parts.slice(0, -2), folder === DEFAULT_FOLDER ? DEFAULT_CONFIG : folder].join('/'), split };
}

/** The hub's folders that may hold the data set of this folder of the bucket's layout. */
export function hubFolders(folder: string): string[] {
  const parts = folder.split('/');
  return parts.at(-1) === DEFAULT_CONFIG ? [[...parts.slice(0, -1), DEFAULT_FOLDER].join('/'), folder] : [folder];
}

/** What the bucket calls a split's file number `at`. */
export function shardName(at: number): string {
  return `${String(at).padStart(4, '0')}.parquet`;
}

function refuse(parts: readonly string[], why: string): PermanentError {
  const message =
    `${parts.join('/')}: ${why}. Lay it out as <path>/<config or default>/<split>/0000.parquet, ` +
    'or as the hub does: <path>/<config or data>/<split>-00000-of-00001.parquet.';
  return new PermanentError('DatasetInvalid', message);
}
