import type { TaskEntry } from '../../../lib/catalogue/entry.ts';
import { PermanentError } from '../../../lib/errors/errors.ts';
import { PyError } from '../../../lib/python/exceptions.ts';
import { repr } from '../../../lib/python/repr.ts';
import type { Doc, PyDict, PyValue } from '../../../lib/python/value.ts';
import { type BatchScorer, createBatchScorer } from '../../../lib/scoring/batch.ts';
import { dictIn, EQUAL, likelihoodsOf, linesOf, listIn, same, textIn, type Verdict } from './lines.ts';
import type { OpenFunctions } from './python.ts';
import { docOf } from './units.ts';

/** Finds a task's definition. */
export type FindTask = (name: string) => Promise<TaskEntry | null>;

/** `score__<task>.jsonl` and `choice__<task>.jsonl`: every filter and every metric of a task on documents and answers. */
export async function* scores(path: string, find: FindTask, open: OpenFunctions): AsyncGenerator<Verdict> {
  const docs = new Map<PyValue, Doc>();
  let task: TaskEntry | null = null;
  const opened: BatchScorer[] = [];
  for await (const line of linesOf(path)) {
    const kind = line.get('kind');
    if (kind === 'task') task = await taskOf(line, find);
    if (kind === 'doc') docs.set(line.get('doc_id') ?? null, docOf(dictIn(line, 'doc')));
    if (kind === 'special') {
      const doc = docOf(dictIn(line, 'doc'));
      const special = await taskOf(line, find);
      yield await compareCase(
        `${special.name} ${repr(line.get('results') ?? null)}`,
        line,
        () => createBatchScorer(special, doc, (refs) => open(special.name, refs)),
        doc,
      );
    }
    if (kind !== 'case') continue;
    const id = line.get('doc_id') ?? null;
    const doc = docs.get(id);
    const entry = task;
    const [first] = docs.values();
    if (!doc || !entry || !first) throw new Error(`${path}: a case stands before its document or task`);
    const what = `${entry.name} document ${String(id)}: ${repr(line.get('response') ?? line.get('results') ?? null).slice(0, 160)}`;
    yield await compareCase(
      what,
      line,
      async () => {
        const [known] = opened;
        if (known) return known;
        const scorer = await createBatchScorer(entry, first, (refs) => open(entry.name, refs));
        opened.push(scorer);
        return scorer;
      },
      doc,
    );
  }
  for (const scorer of opened) scorer[Symbol.dispose]();
}

async function taskOf(line: PyDict, find: FindTask): Promise<TaskEntry> {
  const name = textIn(line, 'task');
  const entry = await find(name);
  if (!entry) throw new Error(`there is no task ${name}`);
  return entry;
}

async function compareCase(
  what: string,
  line: PyDict,
  scorerOf: () => Promise<BatchScorer>,
  doc: Doc,
): Promise<Verdict> {
  const expected = dictIn(line, 'metrics');
  const choice = line.has('results');
  try {
    const scorer = await scorerOf();
    const answered = choice
      ? { doc, generations: [], likelihoods: likelihoodsOf(listIn(line, 'results')) }
      : { doc, generations: [textIn(line, 'response')], likelihoods: [] };
    const [scored] = await scorer.score([answered]);
    if (scored === undefined || scored instanceof PyError) throw scored ?? new Error('nothing came of a document');
    const metrics: PyValue = choice
      ? new Map(scored.metrics.get('none') ?? [])
      : new Map([...scored.metrics].map(([filter, values]): [PyValue, PyValue] => [filter, new Map(values)]));
    const filtered = new Map<PyValue, PyValue>(scored.filtered);
    if (!choice && !same(filtered, line.get('filtered') ?? null)) {
      return {
        outcome: 'different',
        what,
        why: `filtered ${repr(filtered)} instead of ${repr(line.get('filtered') ?? null)}`,
      };
    }
    if (same(metrics, expected)) return EQUAL(what);
    return { outcome: 'different', what, why: `${repr(metrics)} instead of ${repr(expected)}` };
  } catch (error) {
    if (error instanceof PermanentError && error.code === 'UnsupportedHook')
      return { outcome: 'not run', what, why: error.message };
    if (error instanceof PyError || error instanceof PermanentError)
      return { outcome: 'different', what, why: `${error.name}: ${error.message}` };
    throw error;
  }
}
