import { PermanentError } from '../errors/errors.ts';
import { PyRandom } from '../python/random.ts';

/** The ids of the evaluated split: `first` to `last`, both included. */
export interface IdRange {
  readonly first: number;
  readonly last: number;
}

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
export function chooseDocs(range: IdRange, request: DocRequest): DocChoice {
  if (request.qty !== undefined && request.qty < 0) return { docIds: allIds(range), ignoredBlacklist: [] };
  if (request.docIds?.length) return { docIds: namedIds(range, request.docIds, request.task), ignoredBlacklist: [] };
  return randomIds(range, request.qty ?? 0, request);
}

function allIds({ first, last }: IdRange): number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}

function namedIds(range: IdRange, docIds: readonly number[], task: string): number[] {
  const ids = [...new Set(docIds)].sort((a, b) => a - b);
  const outside = ids.filter((id) => !inRange(range, id));
  if (outside.length === 0) return ids;
  const shown = outside.slice(0, 10).join(', ') + (outside.length > 10 ? `, and ${outside.length - 10} more` : '');
  throw new PermanentError(
    'DocIdsOutsideSplit',
    `Task ${task}: doc_ids ${shown} are outside the evaluated split, which holds ${range.first} to ${range.last}.`,
    { context: { task, first: range.first, last: range.last } },
  );
}

function randomIds(range: IdRange, qty: number, request: DocRequest): DocChoice {
  const { task, blacklist, seed, randomSeed } = request;
  const unique = [...new Set(blacklist)].sort((a, b) => a - b);
  const banned = unique.filter((id) => inRange(range, id));
  const left = range.last - range.first + 1 - banned.length;
  if (qty > left) {
    throw new PermanentError(
      'TooFewDocuments',
      `Task ${task}: ${qty} documents asked for, but only ${left} are left of ${left + banned.length} (${banned.length} blacklisted).`,
      { context: { task, qty, left } },
    );
  }
  const ignoredBlacklist = unique.filter((id) => !inRange(range, id));
  if (randomSeed !== undefined)
    return { docIds: shuffledIds(range, qty, new Set(banned), randomSeed), ignoredBlacklist };
  const positions = new PyRandom(seed).sample(left, qty).sort((a, b) => a - b);
  const docIds: number[] = [];
  let skipped = 0;
  for (const position of positions) {
    // Ids before this one that are banned shift it; both lists ascend, so one pass does.
    let id = range.first + position + skipped;
    while (skipped < banned.length && (banned[skipped] ?? 0) <= id) {
      skipped++;
      id++;
    }
    docIds.push(id);
  }
  return { docIds, ignoredBlacklist };
}

/** All ids of the split, shuffled; the first ones that are not blacklisted. */
function shuffledIds(range: IdRange, qty: number, banned: ReadonlySet<number>, seed: bigint): number[] {
  const ids = allIds(range);
  new PyRandom(seed).shuffle(ids);
  return ids
    .filter((id) => !banned.has(id))
    .slice(0, qty)
    .sort((a, b) => a - b);
}

function inRange({ first, last }: IdRange, id: number): boolean {
  return id >= first && id <= last;
}
