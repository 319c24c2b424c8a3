import { posix } from 'node:path';
import { inUsualOrder } from '../bucket/layout.ts';
import { hubPlace } from '../datasets/hub-layout.ts';
import { PermanentError } from '../errors/errors.ts';
import { compareCodePoints } from '../python/sort.ts';
import { type CardConfig, defaultConfig, readCard } from './card.ts';
import type { Hub, HubCommit, HubFile } from './hub.ts';

/** The branch into which the hub converts data sets of any form. */
const CONVERTED = 'refs/convert/parquet';
/** A split of which the hub has converted only the beginning lies in a folder that begins so. */
const PARTIAL = 'partial-';

/** A data set as tasks name it. */
export interface DatasetName {
  readonly path: string;
  /** Null: the one that is meant where none is named. */
  readonly config: string | null;
  /** The hub's repository that holds it, where that has another name than tasks have for it. */
  readonly repository?: string | undefined;
}

/** Where a data set's splits lie on the hub. */
export interface HubDataset {
  readonly name: DatasetName;
  readonly commit: HubCommit;
  /** In the order in which they are loaded. */
  readonly splits: readonly { readonly split: string; readonly files: readonly HubFile[] }[];
  /** Whether the order is the hub's; else it is unknown, and the usual one is used. */
  readonly orderKnown: boolean;
}

type HubSplits = Map<string, HubFile[]>;

/**
 * Finds a data set's parquet files: the repository's own where its card says which they are, else those of the converted
 * branch, else (also at a revision of that branch) what lies as `<config>/<split>/*.parquet` or as `push_to_hub` lays it out. The order of the splits is that of the card's `configs`,
 * else of its `dataset_info`, else what the hub's conversion says.
 * @throws PermanentError DatasetMissing saying what the hub has instead; TransientError Unavailable
 */
export async function findHubDataset(hub: Hub, name: DatasetName, revision: string | undefined): Promise<HubDataset> {
  const repository = name.repository ?? name.path;
  const own = await hub.commit(repository, revision ?? 'main');
  if (own === null) throw missing(name, `it has no revision ${revision ?? 'main'}`);
  const card = readCard(own.card);
  const files = await hub.files(own);
  const named = ownSplits(name, card, files);
  if (named !== null) return settle(hub, name, own, card, named);
  const converted = revision === undefined ? await hub.commit(repository, CONVERTED) : null;
  // Folders that only look like splits are not taken for them where the hub's own conversion knows better.
  const commit = converted ?? own;
  const folders = foldersOf(converted === null ? files : await hub.files(converted));
  const splits = folderSplits(name, card, folders);
  if (splits !== null) return settle(hub, name, commit, card, splits);
  throw missing(name, reasonOf(name, revision, converted, folders));
}

function reasonOf(
  { config }: DatasetName,
  revision: string | undefined,
  converted: HubCommit | null,
  folders: ReadonlyMap<string, HubSplits>,
): string {
  if (converted !== null) {
    const known = [...folders.keys()].join(', ') || 'none';
    return `the hub's conversion has no configuration ${config ?? 'that is the default one'}, only: ${known}`;
  }
  if (revision === undefined) return 'it holds no parquet that its card names, and the hub has not converted it';
  return (
    `at revision ${revision} it holds no parquet that its card names; the converted branch belongs to the newest ` +
    'revision only: leave --revision out, or name a commit of that branch'
  );
}

async function settle(
  hub: Hub,
  name: DatasetName,
  commit: HubCommit,
  card: readonly CardConfig[],
  { config, splits }: { config: string; splits: HubSplits },
): Promise<HubDataset> {
  const partial = [...splits.keys()].find((split) => split.startsWith(PARTIAL));
  if (partial !== undefined) {
    const split = partial.slice(PARTIAL.length);
    throw missing(
      name,
      `the hub has converted only the beginning of its split ${split}; get it whole and stage it with --from DIR`,
    );
  }
  const known = card.find((entry) => entry.name === config);
  const told =
    ordered(
      splits,
      known?.files?.map(({ split }) => split),
    ) ??
    ordered(splits, known?.splits) ??
    ordered(splits, await hub.convertedSplits(commit.repo, config));
  const order = told ?? inUsualOrder(splits.keys());
  return {
    name,
    commit,
    splits: order.map((split) => ({ split, files: splits.get(split) ?? [] })),
    orderKnown: told !== null || splits.size === 1,
  };
}

/** The splits in that order, where it names all of them. */
function ordered(splits: HubSplits, order: readonly string[] | null | undefined): string[] | null {
  const present = [...new Set(order ?? [])].filter((split) => splits.has(split));
  return present.length === splits.size ? present : null;
}

/** The files that the card's `configs` name; null where it names none, or any that are no parquet. */
function ownSplits(
  { config }: DatasetName,
  card: readonly CardConfig[],
  files: readonly HubFile[],
): { config: string; splits: HubSplits } | null {
  const wanted =
    config ??
    defaultConfig(
      card.map(({ name }) => name),
      card,
    );
  const known = card.find(({ name }) => name === wanted);
  if (!known?.files || known.files.length === 0) return null;
  const splits: HubSplits = new Map();
  for (const { split, patterns } of known.files) {
    const matched = patterns.flatMap((pattern) => matching(files, pattern));
    if (matched.length === 0 || matched.some(({ path }) => !path.endsWith('.parquet'))) return null;
    splits.set(split, [...new Set([...(splits.get(split) ?? []), ...matched])]);
  }
  return { config: known.name, splits };
}

function matching(files: readonly HubFile[], pattern: string): HubFile[] {
  const normal = posix.normalize(pattern);
  return files.filter(({ path }) => posix.matchesGlob(path, normal)).sort((a, b) => compareCodePoints(a.path, b.path));
}

/** The configuration's folder among those that lie as the converted branch has them; null where there is none. */
function folderSplits(
  { config }: DatasetName,
  card: readonly CardConfig[],
  folders: ReadonlyMap<string, HubSplits>,
): { config: string; splits: HubSplits } | null {
  const wanted = config ?? defaultConfig([...folders.keys()], card);
  const splits = wanted === null ? undefined : folders.get(wanted);
  return wanted === null || splits === undefined ? null : { config: wanted, splits };
}

/** What lies as the conversion or `push_to_hub` lay it out, by configuration and split. */
function foldersOf(files: readonly HubFile[]): Map<string, HubSplits> {
  const folders = new Map<string, HubSplits>();
  for (const file of [...files].sort((a, b) => compareCodePoints(a.path, b.path))) {
    const place = placeOf(file.path);
    if (place === undefined) continue;
    const splits: HubSplits = folders.get(place.config) ?? new Map();
    splits.set(place.split, [...(splits.get(place.split) ?? []), file]);
    folders.set(place.config, splits);
  }
  return folders;
}

/** `<config>/<split>/<file>.parquet`, or `<config, or data>/<split>-NNNNN-of-NNNNN.parquet`. */
function placeOf(path: string): { config: string; split: string } | undefined {
  const [config, split, name, ...rest] = path.split('/');
  if (!config || !split || rest.length > 0) return undefined;
  if (name !== undefined) return name.endsWith('.parquet') ? { config, split } : undefined;
  const shard = split.endsWith('.parquet') ? hubPlace(['', config, split]) : undefined;
  return shard && { config: shard.folder.slice(1), split: shard.split };
}

function missing({ path, config, repository }: DatasetName, why: string): PermanentError {
  const place = repository === undefined ? path : `${path}, at ${repository},`;
  const name = config === null ? place : `${place} (${config})`;
  return new PermanentError('DatasetMissing', `the data set ${name} can't be staged from the hub: ${why}.`, {
    context: { datasetPath: path, datasetName: config },
  });
}
