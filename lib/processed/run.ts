import { modulePath } from '../catalogue/sources.ts';
import { PermanentError } from '../errors/errors.ts';
import { dumps } from '../python/json.ts';
import type { Doc, PyDict, PyValue } from '../python/value.ts';
import { type FunctionResult, openSandbox, type SandboxSession, type SandboxTransport } from '../sandbox/client.ts';
import { type ProcessedSplit, processedSplit } from '../sandbox/processed.ts';
import { type SourceFiles, sourcesOf } from '../sandbox/sources.ts';
import { tagged } from '../sandbox/tagged.ts';
import type { TaskFunctions } from './functions.ts';

/** A split's rows, as the data set has them. */
export interface SplitRows {
  readonly columns: readonly string[];
  /** As the runtime spells them; null where it has to look at the values. */
  readonly types: readonly PyValue[];
  /** By ascending `__id`, which is each row's first key. */
  rows(): AsyncIterable<readonly Doc[]>;
}

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

/** Text that a box takes at once with ease; a split with more goes through in portions, where its functions allow that. */
const MAX_TEXT = 4_000_000;
/** Text of one portion. */
const PORTION_TEXT = 1_500_000;
/** Rows of a portion: as many as `datasets` looks at together when it finds a column's type. */
const PORTION_ROWS = 1_000;
/** What a module may do with all rows at once, as far as its text tells. */
const WHOLE =
  /random|shuffle|sort|select\(|from_(dict|list|pandas)|DataFrame|concatenate|enumerate|with_indices|global |islice|Counter/;

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
 * Runs a task's functions over its splits, in a box of its own, the evaluated split first (the harness's order, on which the
 * state of its random generators depends). A split that is too long for one request goes through in portions.
 * @throws PermanentError SandboxFailed naming task, function and document; TransientError Unavailable
 */
export async function* runFunctions(
  transport: SandboxTransport,
  toRun: TaskToRun,
  rowsOf: (split: string) => SplitRows | undefined,
): AsyncGenerator<ProcessedDocs> {
  const files = filesOf(toRun);
  const session = openSandbox(transport, { task: toRun.task, files });
  try {
    const ref = toRun.functions.get('process_docs');
    const text = ref === undefined ? '' : (files.get(modulePath(ref, toRun.sources)) ?? '');
    const whole = WHOLE.test(text);
    const run = new Run(session, toRun);
    for (const { split, fields } of toRun.splits) {
      const rows = rowsOf(split);
      if (rows !== undefined) yield* run.split(split, fields, rows, whole);
    }
    yield* run.finish();
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

/** Rows of a split that go out together, as text already. */
interface Portion {
  readonly split: string;
  readonly columns: readonly string[];
  readonly ids: readonly number[];
  readonly text: string;
}

/** Splits that fit one request together go out in one, as the state of random generators goes from one to the next. */
class Run {
  readonly #session: SandboxSession;
  readonly #task: TaskToRun;
  readonly #functions: string;
  #waiting: Portion[] = [];

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

  async *split(
    split: string,
    fields: readonly string[],
    rows: SplitRows,
    whole: boolean,
  ): AsyncGenerator<ProcessedDocs> {
    let ids: number[] = [];
    let texts: string[] = [];
    let size = 0;
    let sent = false;
    const head = dumps(
      dictOf({
        columns: [...rows.columns],
        types: new Map(rows.columns.map((name, i) => [name, rows.types[i] ?? null])),
        fields: [...fields],
      }),
    );
    const take = (count: number): Portion => {
      const text = `${head.slice(0, -1)}, "rows": [${texts.slice(0, count).join(',')}]}`;
      const portion = { split, columns: rows.columns, ids: ids.slice(0, count), text };
      ids = ids.slice(count);
      texts = texts.slice(count);
      size = texts.reduce((sum, { length }) => sum + length, 0);
      return portion;
    };
    for await (const batch of rows.rows()) {
      for (const row of batch) {
        ids.push(Number(row.get('__id')));
        const text = dumps(
          rows.columns.map((name, i) => {
            const value = row.get(name) ?? null;
            return needsTags(rows.types[i] ?? null) ? tagged(value) : value;
          }),
        );
        texts.push(text);
        size += text.length;
      }
      while (!whole && size > MAX_TEXT) {
        if (this.#waiting.length > 0) yield* this.finish();
        sent = true;
        yield* this.#ask([take(portionOf(texts))]);
      }
    }
    while (sent && texts.length > 0) yield* this.#ask([take(portionOf(texts))]);
    if (!sent) this.#waiting.push(take(texts.length));
  }

  /** Sends what waits. */
  async *finish(): AsyncGenerator<ProcessedDocs> {
    const portions = this.#waiting;
    this.#waiting = [];
    const size = portions.reduce((sum, { text }) => sum + text.length, 0);
    if (size <= MAX_TEXT) yield* this.#ask(portions);
    else for (const portion of portions) yield* this.#ask([portion]);
  }

  async *#ask(portions: readonly Portion[]): AsyncGenerator<ProcessedDocs> {
    if (portions.length === 0) return;
    const text = `{"op": "process", "functions": ${this.#functions}, "splits": [${portions.map((portion) => portion.text).join(',')}]}`;
    const answer = await this.#session.request(text, () => '', portions.length === 1 ? (portions[0]?.ids[0] ?? 0) : 0);
    const unloadable = answer.get('unloadable');
    if (unloadable instanceof Map) {
      throw this.#failed(String(answer.get('function')), `can't be loaded: ${said(unloadable)}`, null);
    }
    const splits = answer.get('splits');
    for (const [i, portion] of portions.entries()) {
      const given = Array.isArray(splits) ? splits[i] : undefined;
      yield this.#docs(portion, given);
    }
  }

  #docs({ split, ids }: Portion, answer: PyValue | undefined): ProcessedDocs {
    let done: ReturnType<typeof processedSplit>;
    try {
      done = processedSplit(answer, ids.length);
    } catch (error) {
      throw this.#failed('', `gave no answer that can be read (${String(error)})`, null);
    }
    if ('error' in done) {
      const id = done.document === null ? null : (ids[done.document] ?? null);
      const trace = done.trace.length === 0 ? '' : ` (${done.trace.join(', ')})`;
      const name = this.#task.functions.get('process_docs')?.hook ?? 'process_docs';
      throw this.#failed(name, `raised ${done.error}: ${done.message}${trace}`, id, split);
    }
    const { columns, origins } = done;
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
  const valueAt = ([field, results]: [string, readonly FunctionResult[]]): [string, FunctionResult] => [
    field,
    results[i] ?? { error: 'ValueError', message: 'there is no result' },
  ];
  return {
    origin,
    differing: new Map(changed.map((name) => [name, differing.get(name)?.[i] ?? null])),
    values: new Map([...values].map(valueAt)),
  };
}

function portionOf(texts: readonly string[]): number {
  let size = 0;
  let count = 0;
  for (const { length } of texts) {
    if (count > 0 && (size + length > PORTION_TEXT || count >= PORTION_ROWS)) break;
    size += length;
    count++;
  }
  return count;
}

/** Whether values of a column of that type cross with tags (`has_tags`, sampler_box/values.py). */
function needsTags(type: PyValue): boolean {
  if (type === null) return true;
  if (typeof type === 'string') return type === 'binary' || /^(date|time|dura)/.test(type);
  if (!Array.isArray(type)) return false;
  const [kind, content] = type;
  if (kind === 'list') return needsTags(content ?? null);
  if (kind === 'struct' && Array.isArray(content)) {
    return content.some((field) => Array.isArray(field) && needsTags(field[1] ?? null));
  }
  return kind === 'decimal';
}

function said(error: PyDict): string {
  return `${String(error.get('err'))}: ${String(error.get('m'))}`;
}

function dictOf(fields: Record<string, PyValue>): PyDict {
  return new Map(Object.entries(fields));
}
