import { isDict, type PyDict, type PyValue } from '../python/value.ts';
import { type FunctionResult, lineOf, messageOf, nameOf, resultOf } from './answer.ts';
import { untagged } from './tagged.ts';

/** Lines of a trace that are kept. */
const MAX_TRACE = 3;

/** What functions made of one split. */
export interface ProcessedSplit {
  /** The documents' columns, in their order. */
  readonly columns: readonly string[];
  /** For each document the row that it stems from, as a position in what was sent; null where that can't be told. */
  readonly origins: readonly (number | null)[];
  /** The columns in which documents differ from their rows, a value for each document. Where origins are not known: all. */
  readonly differing: ReadonlyMap<string, readonly PyValue[]>;
  /** What the function of each field gave for each document. */
  readonly values: ReadonlyMap<string, readonly FunctionResult[]>;
}

/** An exception of `process_docs`. */
export interface ProcessFailure {
  readonly error: string;
  readonly message: string;
  /** The row it was called on last, as a position in what was sent. */
  readonly document: number | null;
  /** Innermost lines of the task's own code. */
  readonly trace: readonly string[];
}

/**
 * Reads the runtime's answer about one split.
 * @param rowColumns the columns of the rows that were sent: what stands for theirs needs no values
 * @throws Error where it is none: the answer is not to be trusted
 */
export function processedSplit(
  answer: PyValue | undefined,
  rowCount: number,
  rowColumns: readonly string[],
): ProcessedSplit | ProcessFailure {
  const split = dict(answer);
  const failure = split.get('failed');
  if (isDict(failure)) {
    const document = split.get('document');
    const trace = split.get('trace');
    return {
      error: nameOf(failure.get('err')),
      message: messageOf(failure.get('m')),
      document: typeof document === 'bigint' ? Number(document) : null,
      trace: Array.isArray(trace) ? trace.slice(-MAX_TRACE).map(lineOf) : [],
    };
  }
  const count = Number(split.get('count'));
  const columns = list(split.get('columns')).map(text);
  const origins = list(split.get('origins'), count).map((origin) => position(origin, rowCount));
  const differing = new Map<string, PyValue[]>();
  for (const [name, values] of dict(split.get('differing'))) {
    differing.set(text(name), list(values, count).map(untagged));
  }
  // A name costs a fake nothing, and whoever reads documents a value in each of them.
  const given = new Set(origins.every((origin) => origin !== null) ? rowColumns : []);
  if (count > 0 && columns.some((name) => !differing.has(name) && !given.has(name)))
    throw new Error('a column of documents is missing');
  if (new Set(columns).size < columns.length) throw new Error('documents have a column twice');
  const values = new Map<string, FunctionResult[]>();
  for (const [field, results] of dict(split.get('values'))) values.set(text(field), list(results, count).map(resultOf));
  return { columns, origins, differing, values };
}

function dict(value: PyValue | undefined): PyDict {
  if (value !== undefined && isDict(value)) return value;
  throw new Error('the answer about a split is no dict');
}

function list(value: PyValue | undefined, count?: number): PyValue[] {
  if (Array.isArray(value) && (count === undefined || value.length === count)) return value;
  throw new Error('the answer about a split holds no list of the right length');
}

function text(value: PyValue): string {
  if (typeof value === 'string') return value;
  throw new Error('the answer about a split holds a name that is no text');
}

function position(value: PyValue, count: number): number | null {
  if (value === null) return null;
  const at = typeof value === 'bigint' ? Number(value) : -1;
  if (Number.isInteger(at) && at >= 0 && at < count) return at;
  throw new Error('the answer about a split names a row that it was not given');
}
