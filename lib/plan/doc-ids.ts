import { PermanentError } from '../errors/errors.ts';
import { PyRandom } from '../python/random.ts';

/** Ids of a split: `first` to `last`, both included. */
export interface IdRange {
  readonly first: number;
  readonly last: number;
}

/** The ids of the evaluated split: all of a range, or those of a list in ascending order. */
export type SplitIds = IdRange | readonly number[];

/** What a request says of the documents it wants. */
export interface DocRequest {
  readonly task: string;
  /** Negative: all documents, whatever the blacklist says. */
  readonly qty: number | undefined;
  readonly docIds: readonly number[] | undefined;
  readonly blacklist: readonly number[];
  readonly seed: bigint;
  /** The Manager's seed: it picks as the newer Python service does, so that all suppliers of a run are asked the same. */
  readonly randomSeed?: bigint | undefined;
}

/** The chosen documents. */
export interface DocChoice {
  /** Ascending, without repeats. */
  readonly docIds: number[];
  /** Blacklisted ids that are not in the split, which removed nothing. */
  readonly ignoredBlacklist: number[];
}

/**
 * Chooses a request's documents (SELECTION-2 to SELECTION-4): those named, or all, or `qty` of those that the
 * blacklist leaves, every set of that size being as likely as any other and the seed picking one.
 * @throws PermanentError DocIdsOutsideSplit or TooFewDocuments, naming the numbers.
 */
export function chooseDocs(split: SplitIds, request: DocRequest): DocChoice {
  const ids = 'first' in split ? rangeIds(split) : listedIds(split);
  if (request.qty !== undefined && request.qty < 0) return { docIds: ids.all(), ignoredBlacklist: [] };
  if (request.docIds?.length) return { docIds: namedIds(ids, request.docIds, request.task), ignoredBlacklist: [] };
  return randomIds(ids, request.qty ?? 0, request);
}

/** What choosing asks of a split's ids. */
interface Ids {
  readonly count: number;
  has(id: number): boolean;
  /** The id at a position in ascending order. */
  at(position: number): number;
  /** How many ids come before this one. */
  before(id: number): number;
  all(): number[];
  /** For messages. */
  readonly described: string;
  /** Under which name its shuffled ids are kept; undefined where they are not. */
  readonly name?: string;
}

function rangeIds({ first, last }: IdRange): Ids {
  return {
    count: last - first + 1,
    has: (id) => id >= first && id <= last,
    at: (position) => first + position,
    before: (id) => id - first,
    all: () => Array.from({ length: last - first + 1 }, (_, i) => first + i),
    described: `which holds ${first} to ${last}`,
    ...(last - first < MAX_SHUFFLED_IDS ? { name: `${first}-${last}` } : {}),
  };
}

function listedIds(list: readonly number[]): Ids {
  const positions = new Map(list.map((id, position) => [id, position]));
  return {
    count: list.length,
    has: (id) => positions.has(id),
    at: (position) => list[position] ?? -1,
    before: (id) => positions.get(id) ?? 0,
    all: () => [...list],
    described: `whose ${list.length} documents have ids from ${list[0]} to ${list.at(-1)}, some of which its functions leave out`,
  };
}

function namedIds(split: Ids, docIds: readonly number[], task: string): number[] {
  const ids = [...new Set(docIds)].sort((a, b) => a - b);
  const outside = ids.filter((id) => !split.has(id));
  if (outside.length === 0) return ids;
  const shown = outside.slice(0, 10).join(', ') + (outside.length > 10 ? `, and ${outside.length - 10} more` : '');
  throw new PermanentError(
    'DocIdsOutsideSplit',
    `Task ${task}: doc_ids ${shown} are outside the evaluated split, ${split.described}.`,
    { context: { task, first: split.at(0), last: split.at(split.count - 1) } },
  );
}

function randomIds(split: Ids, qty: number, request: DocRequest): DocChoice {
  const { task, blacklist, seed, randomSeed } = request;
  const unique = [...new Set(blacklist)].sort((a, b) => a - b);
  const banned = unique.filter((id) => split.has(id));
  const left = split.count - banned.length;
  if (qty > left) {
    throw new PermanentError(
      'TooFewDocuments',
      `Task ${task}: ${qty} documents asked for, but only ${left} are left of ${left + banned.length} (${banned.length} blacklisted).`,
      { context: { task, qty, left } },
    );
  }
  const ignoredBlacklist = unique.filter((id) => !split.has(id));
  if (randomSeed !== undefined)
    return { docIds: shuffledIds(split, qty, new Set(banned), randomSeed), ignoredBlacklist };
  const positions = new PyRandom(seed).sample(left, qty).sort((a, b) => a - b);
  const skipped = banned.map((id) => split.before(id));
  const docIds: number[] = [];
  let passed = 0;
  for (const position of positions) {
    // Documents before this one that are banned shift it; both lists ascend, so one pass does.
    let at = position + passed;
    while (passed < skipped.length && (skipped[passed] ?? 0) <= at) {
      passed++;
      at++;
    }
    docIds.push(split.at(at));
  }
  return { docIds, ignoredBlacklist };
}

/** All ids of the split, shuffled; the first ones that are not blacklisted. */
function shuffledIds(split: Ids, qty: number, banned: ReadonlySet<number>, seed: bigint): number[] {
  const docIds: number[] = [];
  for (const id of shuffled(split, seed)) {
    if (docIds.length === qty) break;
    if (!banned.has(id)) docIds.push(id);
  }
  return docIds.sort((a, b) => a - b);
}

/** Orders that are kept, of so many ids at most: the Manager asks all suppliers of a run with the same seed. */
const MAX_SHUFFLED = 16;
const MAX_SHUFFLED_IDS = 20_000;
const orders = new Map<string, Int32Array>();

function shuffled(split: Ids, seed: bigint): Iterable<number> {
  const name = split.name === undefined ? undefined : `${split.name}/${seed}`;
  const known = name === undefined ? undefined : orders.get(name);
  if (known !== undefined) return known;
  const ids = split.all();
  new PyRandom(seed).shuffle(ids);
  if (name === undefined) return ids;
  orders.set(name, Int32Array.from(ids));
  const [oldest] = orders.keys();
  if (orders.size > MAX_SHUFFLED && oldest !== undefined) orders.delete(oldest);
  return ids;
}
