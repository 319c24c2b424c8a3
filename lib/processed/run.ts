import { modulePath } from '../catalogue/sources.ts';
import { PermanentError } from '../errors/errors.ts';
import { dumps } from '../python/json.ts';
import type { PyDict, PyValue } from '../python/value.ts';
import { messageOf, nameOf } from '../sandbox/answer.ts';
import { type FunctionResult, openSandbox, type SandboxSession, type SandboxTransport } from '../sandbox/client.ts';
import { type ProcessedSplit, processedSplit } from '../sandbox/processed.ts';
import { type SourceFiles, sourcesOf } from '../sandbox/sources.ts';
import { LEFT_DOC } from '../task/field.ts';
import type { TaskFunctions } from './functions.ts';
import { dictOf, MAX_TEXT, type Portion, portionsOf, type SplitFields, type SplitRows, textOf } from './portions.ts';

/** Documents that came of a split, in their order. */
export interface ProcessedDocs {
  readonly split: string;
  readonly columns: readonly string[];
  readonly docs: readonly ProcessedDoc[];
}

/** One document: the row that it stems from where that can be told, and where it differs from it. */
export interface ProcessedDoc {
  /** `__id` of a row. */
  readonly origin: number | null;
  /** Values of columns; those that are missing are the row's. */
  readonly differing: ReadonlyMap<string, PyValue>;
  /** What each field's function gave. */
  readonly values: ReadonlyMap<string, FunctionResult>;
}

/** A task whose functions are to be run. */
export interface TaskToRun extends TaskFunctions {
  readonly task: string;
  readonly sources: SourceFiles;
}

/** Characters of rows that fit one call, where functions look at all of them at once: about half of a box's memory. */
const MAX_TOGETHER = 20_000_000;

/** Thrown where portions would not give what all rows at once give, and why. */
class RowsTogether extends Error {
  override readonly name = 'RowsTogether';
}

/**
 * Does something with documents of `runFunctions`: with rows in portions, and where the runtime saw that functions look at rows
 * together, from the beginning with all at once.
 * @throws as `attempt` does
 */
export async function inPortionsOrTogether<T>(attempt: (together?: string) => Promise<T>): Promise<T> {
  try {
    return await attempt();
  } catch (error) {
    if (error instanceof RowsTogether) return await attempt(error.message);
    throw error;
  }
}

/** The files that a task's functions need. @throws PermanentError SandboxFailed where a module is not among the sources */
export function filesOf({ task, functions, sources }: TaskToRun): Map<string, string> {
  const paths = [...functions.values()].map((ref) => modulePath(ref, sources));
  const missing = paths.find((path) => !sources.has(path));
  if (missing === undefined) return sourcesOf(paths, sources);
  throw new PermanentError(
    'UnsupportedHook',
    `Task ${task} names a Python function of ${missing}, which is not among what was staged. Stage the harness, or the include folder, again.`,
    { context: { task, module: missing } },
  );
}

/**
 * Runs a task's functions over its splits, in a box of its own and in their order (the harness's, on which the state of its
 * random generators depends). Splits that are too long for one request go through in portions; the runtime watches
 * that this makes no difference. To be called within {@link inPortionsOrTogether}.
 * @param together why all rows have to go in one request; undefined where that is not known to be so
 * @throws PermanentError SandboxFailed naming task, function and document; TransientError Unavailable
 */
export async function* runFunctions(
  transport: SandboxTransport,
  toRun: TaskToRun,
  rowsOf: (split: string) => SplitRows | undefined,
  together?: string,
): AsyncGenerator<ProcessedDocs> {
  const session = openSandbox(transport, { task: toRun.task, files: filesOf(toRun) });
  try {
    const splits = toRun.splits.flatMap((wanted) => {
      const rows = rowsOf(wanted.split);
      return rows === undefined ? [] : [{ wanted, rows }];
    });
    const run = new Run(session, toRun);
    yield* together === undefined ? run.inPortions(splits) : run.together(splits, together);
  } finally {
    session.close();
  }
}

/**
 * Runs the functions of a task's fields over the worked examples of its definition.
 * @returns for each of them what each field's function gave
 * @throws PermanentError SandboxFailed; TransientError Unavailable
 */
export async function runOnSamples(
  transport: SandboxTransport,
  toRun: TaskToRun,
): Promise<ReadonlyMap<string, FunctionResult>[]> {
  const { docs, fields } = toRun.samples;
  if (docs.length === 0) return [];
  const session = openSandbox(transport, { task: toRun.task, files: filesOf(toRun) });
  try {
    const calls = docs.flatMap((doc) =>
      fields.flatMap((field) => {
        const ref = toRun.functions.get(field);
        return ref === undefined
          ? []
          : [{ function: { path: modulePath(ref, toRun.sources), name: ref.name }, args: [doc] }];
      }),
    );
    const results = await session.call(calls);
    return docs.map(
      (_, i) =>
        new Map(
          fields.map((field, at): [string, FunctionResult] => [
            field,
            results[i * fields.length + at] ?? { error: 'ValueError', message: 'there is no result' },
          ]),
        ),
    );
  } finally {
    session.close();
  }
}

interface SplitToRun {
  readonly wanted: SplitFields;
  readonly rows: SplitRows;
}

class Run {
  readonly #session: SandboxSession;
  readonly #task: TaskToRun;
  readonly #functions: string;
  /** The types of columns that a split's first portions came to: those of its rows, and of each `map`. */
  readonly #settled = new Map<string, readonly (string | null)[]>();

  constructor(session: SandboxSession, task: TaskToRun) {
    this.#session = session;
    this.#task = task;
    this.#functions = dumps(
      new Map<PyValue, PyValue>(
        [...task.functions].map(([field, ref]) => [
          field,
          dictOf({ path: modulePath(ref, task.sources), name: ref.name }),
        ]),
      ),
    );
  }

  /** Splits that fit one request go out in one; else split by split and portion by portion, watched. */
  async *inPortions(splits: readonly SplitToRun[]): AsyncGenerator<ProcessedDocs> {
    let waiting: Portion[] = [];
    let size = 0;
    let apart = false;
    for (const { wanted, rows } of splits) {
      for await (const portion of portionsOf(wanted, rows)) {
        size += portion.text.length;
        waiting.push(portion);
        apart ||= size > MAX_TEXT || !portion.whole;
        if (!apart) continue;
        for (const one of waiting) yield* this.#ask([one], true);
        waiting = [];
      }
    }
    yield* this.#ask(waiting, false);
  }

  /** All splits in one request. @throws PermanentError SandboxFailed where they do not fit */
  async *together(splits: readonly SplitToRun[], why: string): AsyncGenerator<ProcessedDocs> {
    const sizes: number[] = [];
    for (const { rows } of splits) sizes.push(await textOf(rows));
    const size = sizes.reduce((sum, one) => sum + one, 0);
    if (size > MAX_TOGETHER) {
      const found = splits.map(({ wanted }, i) => `${wanted.split} ${sizes[i] ?? 0}`).join(', ');
      throw this.#failed(
        '',
        `looks at rows together (${why}), and the ${size} characters of its splits (${found}) are more than the ${MAX_TOGETHER} that fit one call`,
        null,
      );
    }
    const portions: Portion[] = [];
    for (const { wanted, rows } of splits) {
      for await (const portion of portionsOf(wanted, rows, Number.POSITIVE_INFINITY)) portions.push(portion);
    }
    yield* this.#ask(portions, false);
  }

  async *#ask(portions: readonly Portion[], watched: boolean): AsyncGenerator<ProcessedDocs> {
    if (portions.length === 0) return;
    const head = `{"op": "process", ${watched ? '"watch": true, ' : ''}"functions": ${this.#functions}`;
    const text = `${head}, "splits": [${portions.map((portion) => portion.text).join(',')}]}`;
    const functions = [...this.#task.functions.values()];
    const functionOf = (_: number | null, number: number | null) => functions[number ?? -1]?.hook ?? '';
    const first = portions.length === 1 ? (portions[0]?.ids[0] ?? 0) : 0;
    const answer = await this.#session.request(text, functionOf, first);
    const unloadable = answer.get('unloadable');
    if (unloadable instanceof Map) {
      const name = functionOf(null, Number(answer.get('number'))) || nameOf(answer.get('function'));
      throw this.#failed(name, `can't be loaded: ${said(unloadable)}`, null);
    }
    const splits = answer.get('splits');
    for (const [i, portion] of portions.entries()) {
      const given = Array.isArray(splits) ? splits[i] : undefined;
      if (watched) this.#requireApart(portion, given);
      yield this.#docs(portion, given);
    }
  }

  /** @throws RowsTogether where functions keep something from row to row, look at all rows, or make other types of some */
  #requireApart({ split, whole }: Portion, answer: PyValue | undefined): void {
    const seen = answer instanceof Map ? answer.get('together') : undefined;
    if (!(seen instanceof Map)) throw this.#failed('', 'gave no answer that can be read', null);
    const [kept, looked, settled] = [seen.get('kept'), seen.get('looked'), seen.get('settled')];
    if (typeof kept === 'string') throw new RowsTogether(`it keeps ${messageOf(kept)}`);
    if (whole) return;
    if (typeof looked === 'string') throw new RowsTogether(`it uses ${messageOf(looked)}`);
    const types = (Array.isArray(settled) ? settled : []).map((given) => (given === null ? null : dumps(given)));
    const known = this.#settled.get(split) ?? types;
    if (types.length !== known.length || types.some((type, i) => type !== null && (known[i] ?? type) !== type)) {
      throw new RowsTogether('columns have one type in some rows and another in others');
    }
    this.#settled.set(
      split,
      known.map((type, i) => type ?? types[i] ?? null),
    );
  }

  #docs({ split, ids, columns: rowColumns, fields }: Portion, answer: PyValue | undefined): ProcessedDocs {
    let done: ReturnType<typeof processedSplit>;
    try {
      done = processedSplit(answer, ids.length, rowColumns);
    } catch (error) {
      throw this.#failed('', `gave no answer that can be read (${String(error)})`, null);
    }
    if ('error' in done) {
      const id = done.document === null ? null : (ids[done.document] ?? null);
      const trace = done.trace.length === 0 ? '' : ` (${done.trace.join(', ')})`;
      const name = this.#task.functions.get('process_docs')?.hook ?? 'process_docs';
      throw this.#failed(name, `raised ${done.error}: ${done.message}${trace}`, id, split);
    }
    const { columns, origins, values } = done;
    const lacking = fields.find((field) => !values.has(field));
    if (lacking !== undefined) throw this.#failed('', `gave no answer that can be read (nothing of ${lacking})`, null);
    return {
      split,
      columns,
      docs: origins.map((origin, i) => docAt(done, i, origin === null ? null : (ids[origin] ?? null))),
    };
  }

  #failed(name: string, what: string, document: number | null, split?: string): PermanentError {
    const { task } = this.#task;
    const where = `${name === '' ? '' : `, function ${name}`}${split === undefined ? '' : `, split ${split}`}${document === null ? '' : `, document ${document}`}`;
    return new PermanentError('SandboxFailed', `Task ${task}${where}: the Python code ${what}.`, {
      context: { task, ...(name === '' ? {} : { function: name }), ...(document === null ? {} : { document }) },
    });
  }
}

function docAt({ differing, values, columns }: ProcessedSplit, i: number, origin: number | null): ProcessedDoc {
  const changed = columns.filter((name) => differing.has(name));
  const valueAt = ([field, results]: [string, readonly FunctionResult[]]): [string, FunctionResult][] => {
    const result = results[i] ?? { error: 'ValueError', message: 'there is no result' };
    return field === LEFT_DOC && 'value' in result && result.value === null ? [] : [[field, result]];
  };
  return {
    origin,
    differing: new Map(changed.map((name) => [name, differing.get(name)?.[i] ?? null])),
    values: new Map([...values].flatMap(valueAt)),
  };
}

function said(error: PyDict): string {
  return `${nameOf(error.get('err'))}: ${messageOf(error.get('m'))}`;
}
