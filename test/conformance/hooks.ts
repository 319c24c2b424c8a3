/** `npm run conformance -- hooks DIR`: functions of the harness in the sandbox, against what CPython and `datasets` made of rows. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { readWheel } from '../../lib/catalogue/staging/wheel.ts';
import { dumps, loads } from '../../lib/python/json.ts';
import { isDict, type PyDict, type PyValue } from '../../lib/python/value.ts';
import { openSandbox, type SandboxSession } from '../../lib/sandbox/client.ts';
import { type ProcessedSplit, processedSplit } from '../../lib/sandbox/processed.ts';
import { sourcesOf } from '../../lib/sandbox/sources.ts';
import { tagged, untagged } from '../../lib/sandbox/tagged.ts';
import { testSandbox } from '../helpers/sandbox.ts';

const WHEEL = join(import.meta.dirname, '..', '..', '.cache', 'harness', 'lm_eval-0.4.9-py3-none-any.whl');
const FILES = ['groups.jsonl.gz', 'types.jsonl.gz'];
/** Differences that are printed. */
const MAX_TOLD = Number(process.env['CONFORMANCE_TOLD'] ?? 20);

/** Compares both files of the folder. */
export async function conformance(dir: string): Promise<boolean> {
  const { modules } = await readWheel(WHEEL);
  const sandbox = await testSandbox();
  let equal = 0;
  let different = 0;
  for (const file of FILES) {
    const lines = gunzipSync(readFileSync(join(dir, file)))
      .toString()
      .trimEnd()
      .split('\n');
    const cases = lines.map((line) => asDict(loads(line, { maxDepth: 300 })));
    const paths = new Set(
      cases.flatMap((golden) => [...asDict(golden.get('hooks')).values()].map((hook) => pathOf(hook))),
    );
    const session = openSandbox(sandbox, { task: file, files: sourcesOf(paths, modules) });
    for (const [i, golden] of cases.entries()) {
      const problem = await differenceOf(session, golden).catch((error: unknown) => String(error));
      if (problem === null) {
        equal++;
        continue;
      }
      different++;
      if (different <= MAX_TOLD) console.log(`${file} ${i + 1} (${first(golden.get('tasks'))}): ${problem}`);
    }
    session.close();
  }
  sandbox[Symbol.dispose]();
  console.log(`${equal} equal, ${different} different`);
  return different === 0;
}

/** Runs one case; what differs first, or null. */
async function differenceOf(session: SandboxSession, golden: PyDict): Promise<string | null> {
  const hooks = asDict(golden.get('hooks'));
  const rows = asList(golden.get('rows')).map(asDict);
  const types = asDict(golden.get('types'));
  const columns = [...types.keys()];
  const functions = new Map(
    [...hooks].map(([field, hook]) => [field, object({ path: pathOf(hook), name: asDict(hook).get('name') ?? '' })]),
  );
  const split = object({
    columns,
    types,
    count: BigInt(rows.length),
    values: columns.map((name) => rows.map((row) => row.get(name) ?? null)),
    fields: [...hooks.keys()].filter((field) => field !== 'process_docs' && field !== 'custom_dataset'),
  });
  const request = object({ op: 'process', functions, splits: [split] });
  const answer = await session.request(dumps(request), () => '');
  const want = asDict(golden.get('want'));
  const unloadable = answer.get('unloadable');
  if (unloadable !== undefined) return want.has('import') ? null : `can't be loaded: ${dumps(unloadable)}`;
  if (want.has('import')) return `loads, but should not: ${dumps(want.get('import') ?? null)}`;
  const done = processedSplit(asList(answer.get('splits'))[0], rows.length, columns.map(String));
  if ('error' in done) {
    return want.has('process_err')
      ? classDifference('process_docs', done.error, String(want.get('process_err')).split(':')[0])
      : `process_docs raises ${done.error}: ${done.message} ${done.trace.join(' ')}`;
  }
  if (want.has('process_err'))
    return `process_docs gives ${done.origins.length} documents, but should raise ${dumps(want.get('process_err') ?? null)}`;
  return documentsDifference(done, rows, want) ?? valuesDifference(done, want);
}

function documentsDifference(done: ProcessedSplit, rows: readonly PyDict[], want: PyDict): string | null {
  if (!want.has('docs')) return null;
  const columns = dumps([...done.columns]);
  const wanted = dumps(want.get('columns') ?? null);
  if (columns !== wanted) return `columns are ${columns}, not ${wanted}`;
  const expected = asList(want.get('docs'));
  if (expected.length !== done.origins.length)
    return `there are ${done.origins.length} documents, not ${expected.length}`;
  for (const [i, origin] of done.origins.entries()) {
    const doc = new Map(
      done.columns.map((name) => [
        name,
        done.differing.get(name)?.[i] ?? (done.differing.has(name) ? null : rows[origin ?? -1]?.get(name)) ?? null,
      ]),
    );
    const problem = difference(new Map(doc), untagged(expected[i] ?? null));
    if (problem !== null) return `document ${i} ${problem}`;
  }
  return null;
}

function valuesDifference({ values }: ProcessedSplit, want: PyDict): string | null {
  for (const [field, results] of values) {
    const expected = asList(want.get(field));
    if (expected.length !== results.length) return `${field} gives ${results.length} values, not ${expected.length}`;
    for (const [i, result] of results.entries()) {
      const wanted = asDict(expected[i]);
      if ('error' in result) {
        if (!wanted.has('err')) return `${field} of document ${i} raises ${result.error}: ${result.message}`;
        const other = classDifference(`${field} of document ${i}`, result.error, String(wanted.get('err')));
        if (other !== null) return other;
        continue;
      }
      if (wanted.has('err')) return `${field} of document ${i} should raise ${dumps(wanted.get('err') ?? null)}`;
      const problem = difference(result.value, untagged(wanted.get('v') ?? null));
      if (problem !== null) return `${field} of document ${i} ${problem}`;
    }
  }
  return null;
}

/** Whether another class of exception was raised than CPython raises. */
function classDifference(where: string, raised: string, wanted: string | undefined): string | null {
  return raised === wanted ? null : `${where} raises ${raised}, not ${wanted}`;
}

function difference(value: PyValue, wanted: PyValue): string | null {
  const [have, want] = [dumps(tagged(value)), dumps(tagged(wanted))];
  if (have === want) return null;
  let at = 0;
  while (have[at] === want[at]) at++;
  const around = (text: string) => text.slice(Math.max(0, at - 40), at + 60);
  return `is ...${around(have)}..., not ...${around(want)}...`;
}

function pathOf(hook: PyValue): string {
  const [folder, module] = ['folder', 'module'].map((key) => String(asDict(hook).get(key) ?? ''));
  return `lm_eval/tasks/${folder === '' ? '' : `${folder}/`}${module}.py`;
}

function object(fields: Record<string, PyValue>): PyDict {
  return new Map(Object.entries(fields));
}

function asDict(value: PyValue | undefined): PyDict {
  if (value !== undefined && isDict(value)) return value;
  throw new Error('a case is not of the form expected');
}

function asList(value: PyValue | undefined): PyValue[] {
  if (Array.isArray(value)) return value;
  throw new Error('a case is not of the form expected');
}

function first(value: PyValue | undefined): string {
  return String(Array.isArray(value) ? value[0] : value);
}
