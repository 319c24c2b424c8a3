import { PermanentError } from '../errors/errors.ts';
import type { PlanProgress } from '../ledger/ledger.ts';
import type { RenderedInstance } from '../task/renderer.ts';

/** What a value other than a text counts, and a key or an item besides itself. */
const SMALL = 8;

/**
 * How much a request's task may still write, in characters of prompts, arguments and documents. A template can make much of
 * little, for each of many documents; what it made so far of the other shards is in the plan's record.
 */
export class Allowance {
  readonly #limit: number;
  readonly #before: number;
  readonly #task: string;
  #written = 0;

  /** @param shard the one that is written now: what an earlier try wrote of it is written again */
  constructor({ task, sizes = {} }: PlanProgress, shard: number, limit: number = Number.POSITIVE_INFINITY) {
    const others = Object.entries(sizes).filter(([key]) => key !== `s${shard}`);
    this.#before = others.reduce((sum, [, size]) => sum + size, 0);
    this.#limit = limit;
    this.#task = task;
  }

  /** What this shard came to so far. */
  get written(): number {
    return this.#written;
  }

  /**
   * Takes a document's instances, before they are written.
   * @param repeats prompts of each
   * @throws PermanentError RequestTooLarge
   */
  take(instances: readonly RenderedInstance[], repeats: number): void {
    const [first] = instances;
    if (first === undefined) return;
    const doc = charsOf(first.doc);
    // The arguments hold what the prompt does, and the settings of which it may have but a part.
    for (const {
      data,
      arguments: [, rest],
    } of instances) {
      this.#written += data.length * (repeats + 1) + doc + (typeof rest === 'string' ? 0 : settingsChars(rest));
    }
    if (this.#before + this.#written <= this.#limit) return;
    throw requestTooLarge(this.#task, this.#limit, first.docId);
  }
}

/**
 * All shards together, as each noted it: those that are written at the same time don't see each other before.
 * @throws PermanentError RequestTooLarge
 */
export function checkSizes(
  { task, sizes = {} }: Pick<PlanProgress, 'task' | 'sizes'>,
  limit: number | undefined,
): void {
  const total = Object.values(sizes).reduce((sum, size) => sum + size, 0);
  if (limit !== undefined && total > limit) throw requestTooLarge(task, limit);
}

function requestTooLarge(task: string, limit: number, docId?: number): PermanentError {
  const where = docId === undefined ? '' : `, at document ${docId}`;
  return new PermanentError(
    'RequestTooLarge',
    `Task ${task}${where}: its prompts, arguments and documents come to more than ${limit} characters together. ` +
      'What was written of it is removed. Ask for fewer documents or shots, or raise REQUEST_MEGABYTES.',
    { context: { task, ...(docId === undefined ? {} : { docId }) } },
  );
}

const settings = new WeakMap<object, number>();

/** Of a request's arguments, which all its instances have in common. */
function settingsChars(dict: object): number {
  const known = settings.get(dict) ?? charsOf(dict);
  settings.set(dict, known);
  return known;
}

/** The texts of a value, and a little for all else. */
function charsOf(value: unknown): number {
  if (typeof value === 'string') return value.length;
  if (Array.isArray(value)) return value.reduce((sum: number, item: unknown) => sum + SMALL + charsOf(item), 0);
  if (!(value instanceof Map)) return SMALL;
  let sum = 0;
  for (const [key, item] of value) sum += SMALL + charsOf(key) + charsOf(item);
  return sum;
}
