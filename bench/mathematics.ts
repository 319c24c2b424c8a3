/**
 * How fast mathematics is judged: answers of a made-up task in the form of `leaderboard_math_*`, by the harness's own function in a box,
 * beside the same function in the python3 of the PATH, where that has what it needs.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { makeBoxImage } from '../deploy/box-image.ts';
import { wheelCatalogue } from '../lib/catalogue/staging/wheel-catalogue.ts';
import type { Doc } from '../lib/python/value.ts';
import { localSandbox } from '../lib/sandbox/local.ts';
import { createBatchScorer } from '../lib/scoring/batch.ts';
import { openFunctions } from '../lib/scoring/functions.ts';

const ROOT = join(import.meta.dirname, '..');
const TASK = 'leaderboard_math_algebra_hard';
const WHEEL = join(ROOT, '.cache', 'harness', 'lm_eval-0.4.9-py3-none-any.whl');
const DOCUMENTS = 200;

/** Right, wrong, in another form, with an equation, a set, a root: what models write. */
const FORMS: readonly ((n: number) => readonly [gold: string, answer: string])[] = [
  (n) => [`\\frac{${n}}{7}`, `We divide. So it is $\\boxed{\\frac{${2 * n}}{14}}$.`],
  (n) => [`${n}`, `Final Answer: The final answer is $${n}$. I hope it is correct.`],
  (n) => [`x = ${n}`, `There is one, $x = ${n + 1}$.`],
  (n) => [`\\sqrt{${n}}`, `It is the root, $\\boxed{\\sqrt{${4 * n}}/2}$.`],
  (n) => [`(${n}, 3)`, `The point $(${n},3)$.`],
  (n) => [`${n}x^2 + 2x`, `Collecting terms gives $\\boxed{x(${n}x+2)}$.`],
];

/** Prints how many documents a second are judged. */
export async function mathematics(): Promise<void> {
  const image = await makeBoxImage(ROOT, (line) => console.log(line));
  const catalogue = await wheelCatalogue(WHEEL);
  const entry = await catalogue.find(TASK);
  if (entry === null) throw new Error(`the wheel has no ${TASK}`);
  const sources = await catalogue.sources();
  const sandbox = localSandbox(image);
  const batch = Array.from({ length: DOCUMENTS }, (_, i) => {
    const [gold, answer] = FORMS[i % FORMS.length]?.(i + 2) ?? ['', ''];
    const fields = { problem: 'How much?', solution: `It is $\\boxed{${gold}}$.`, answer: gold };
    const doc: Doc = new Map(Object.entries(fields));
    return { doc, generations: [answer], likelihoods: [] };
  });
  const begun = performance.now();
  const open = async (refs: Parameters<typeof openFunctions>[1]) =>
    openFunctions(TASK, refs, { transport: sandbox, sources });
  const scorer = await createBatchScorer(entry, batch[0]?.doc ?? new Map(), open);
  await scorer.score(batch.slice(0, 1));
  const started = performance.now();
  await scorer.score(batch);
  const ms = performance.now() - started;
  scorer[Symbol.dispose]();
  sandbox[Symbol.dispose]();
  const python = inPython(batch.map(({ doc, generations }) => [doc.get('answer'), generations[0]]));
  console.log(
    `mathematics: ${((DOCUMENTS * 1000) / ms).toFixed(0)} documents a second in a warm box (${(ms / DOCUMENTS).toFixed(1)} ms each), ` +
      `the first one ${((started - begun) / 1000).toFixed(1)} s after asking; ` +
      (python === null
        ? 'python3 has no math_verify to compare with'
        : `the same in CPython ${((DOCUMENTS * 1000) / python).toFixed(0)} a second`),
  );
}

/** Milliseconds that math_verify takes for these pairs of gold and answer in CPython; null where it is not there. */
function inPython(pairs: unknown): number | null {
  const code = [
    'import json, sys, time',
    'from math_verify import LatexExtractionConfig, parse, verify',
    'import sympy',
    'from sympy.parsing.latex import parse_latex',
    'def judge(gold, answer):',
    '    left = parse(answer)',
    '    verify(parse(f"It is $\\\\boxed{{{gold}}}$.", extraction_config=[LatexExtractionConfig()]), left)',
    'pairs = json.load(sys.stdin)',
    'judge(*pairs[0])',
    'started = time.perf_counter()',
    'for pair in pairs: judge(*pair)',
    'print((time.perf_counter() - started) * 1000)',
  ].join('\n');
  const { status, stdout } = spawnSync('python3', ['-c', code], { input: JSON.stringify(pairs), encoding: 'utf8' });
  return status === 0 ? Number(stdout) : null;
}
