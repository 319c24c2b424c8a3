import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Catalogue } from '../../lib/catalogue/catalogue.ts';
import { FunctionRef } from '../../lib/catalogue/function-ref.ts';
import { wheelCatalogue } from '../../lib/catalogue/staging/wheel-catalogue.ts';
import { findHook } from '../../lib/hooks/registry.ts';
import { runFunctions } from '../../lib/processed/run.ts';
import { repr } from '../../lib/python/repr.ts';
import type { Doc, PyValue } from '../../lib/python/value.ts';
import type { FunctionResult, SandboxTransport } from '../../lib/sandbox/client.ts';
import { testSandbox } from '../helpers/sandbox.ts';

const WHEEL = join(import.meta.dirname, '..', '..', '.cache', 'harness', 'lm_eval-0.4.9-py3-none-any.whl');
const ROWS = 400;
const START_MS = 120_000;

let sandbox: SandboxTransport & Disposable;
let catalogue: Catalogue;
beforeAll(async () => {
  sandbox = await testSandbox();
  catalogue = await wheelCatalogue(WHEEL);
}, START_MS);
afterAll(() => sandbox?.[Symbol.dispose]());

/** Texts of pieces that the functions look for, of white space by Python's rules, and of any characters. */
const textOf = (...pieces: string[]) =>
  fc
    .array(
      fc.oneof(
        fc.constantFrom(...pieces, ' ', '  ', '\n', '\u001c', '\u00a0', '\ufeff', 'ß', 'Σ', 'ǆ', '😀'),
        fc.string({ unit: 'grapheme' }),
      ),
      {
        maxLength: 8,
      },
    )
    .map((parts) => parts.join(''));

const ROW_OF: Readonly<Record<string, fc.Arbitrary<Record<string, PyValue>>>> = {
  hellaswag: fc.record({
    activity_label: textOf('[title]', ' [title]', '[x]'),
    ctx_a: textOf('[', ']', ' [title]'),
    ctx_b: textOf('HE', 'nASA', '[x\ny]'),
    endings: fc.array(textOf(' [title]', '[', ']', '[]'), { maxLength: 4 }),
    label: fc.constantFrom('0', '3', ' +2\n', '-1', '1_0'),
  }),
  winogrande: fc.record({
    sentence: fc.tuple(textOf('_', 'a'), textOf('_', 'b')).map(([before, after]) => `${before}_${after}`),
    option1: textOf('a'),
    option2: textOf('b'),
    answer: fc.constantFrom('1', '2'),
  }),
  leaderboard_math_algebra_hard: fc.record({
    problem: textOf('$', 'x'),
    level: fc.constantFrom('Level 5', 'Level 5', 'Level 5', 'Level 4', 'level 5', 'Level 5 '),
    type: fc.constant('Algebra'),
    solution: textOf('\\boxed{', '\\boxed ', '\\boxed', '\\fbox{', '}', '{', '$', '1'),
  }),
};

const isOwn = (ref: FunctionRef) => findHook(ref.hook)?.kind === 'process_docs' || findHook(ref.hook)?.kind === 'field';

function given(result: FunctionResult | undefined): PyValue {
  if (result !== undefined && 'value' in result) return result.value;
  throw new Error(`a function gave ${JSON.stringify(result)}`);
}

it.each(Object.keys(ROW_OF))(
  "what the functions of %s make of rows is what the harness's own make of them in the sandbox",
  async (task) => {
    const entry = await catalogue.find(task);
    if (entry === null) throw new Error(`the harness has no task ${task}`);
    const config = catalogue.requireSupported(entry);
    const named = Object.entries({
      process_docs: config.process_docs,
      doc_to_text: config.doc_to_text,
      doc_to_target: config.doc_to_target,
      doc_to_choice: config.doc_to_choice,
    });
    const refs = new Map(
      named.flatMap(([field, ref]): [string, FunctionRef][] => (ref instanceof FunctionRef ? [[field, ref]] : [])),
    );
    expect([...refs.values()].every(isOwn)).toBe(true);
    const arbitrary = ROW_OF[task];
    if (arbitrary === undefined) throw new Error(`there are no rows for ${task}`);
    const rows: Doc[] = fc
      .sample(arbitrary, { numRuns: ROWS, seed: 9 })
      .map((row, i) => new Map<string, PyValue>([['__id', BigInt(i)], ...Object.entries(row)]));
    const columns = [...(rows[0]?.keys() ?? [])].filter((name) => name !== '__id');
    const fields = [...refs.keys()].filter((field) => field !== 'process_docs');
    const sources = await catalogue.sources();
    const toRun = {
      task,
      functions: refs,
      splits: [{ split: 'test', fields }],
      samples: { docs: [], fields: [] },
      sources,
    };
    const split = {
      columns,
      types: columns.map(() => null),
      async *rows() {
        yield rows;
      },
    };
    const made: Doc[] = [];
    const values: PyValue[][] = [];
    for await (const { docs, columns: order } of runFunctions(sandbox, toRun, () => split)) {
      for (const { origin, differing, values: results } of docs) {
        const row = origin === null ? undefined : rows[origin];
        made.push(new Map(order.map((name) => [name, (differing.has(name) ? differing : row)?.get(name) ?? null])));
        values.push(fields.map((field) => given(results.get(field))));
      }
    }
    const processDocs = refs.get('process_docs');
    const own = processDocs && findHook(processDocs.hook);
    const processed = own?.kind === 'process_docs' ? rows.flatMap((row) => own.call(row) ?? []) : rows;
    const bare = (doc: Doc) => repr(new Map<PyValue, PyValue>([...doc].filter(([name]) => name !== '__id')));
    expect(made.map(bare)).toEqual(processed.map(bare));
    const ownValues = processed.map((doc) =>
      fields.map((field) => {
        const hook = findHook(refs.get(field)?.hook ?? '');
        return hook?.kind === 'field' ? hook.call(doc) : null;
      }),
    );
    expect(values).toEqual(ownValues);
  },
  START_MS,
);
