import { describe, expect, it } from 'vitest';
import * as hellaswag from '../../lib/hooks/hellaswag.ts';
import * as math from '../../lib/hooks/leaderboard-math.ts';
import * as mmluPro from '../../lib/hooks/mmlu-pro-categories.ts';
import { findHook, SUPPORTED_HOOKS } from '../../lib/hooks/registry.ts';
import * as winogrande from '../../lib/hooks/winogrande.ts';
import type { Doc, PyValue } from '../../lib/python/value.ts';
import { errorOf } from '../helpers/error-of.ts';

function doc(columns: Record<string, PyValue>): Doc {
  return new Map<string, PyValue>([['__id', 7n], ...Object.entries(columns)]);
}

const STEPS = "Let's think step by step.";

describe('hellaswag', () => {
  const row = (changes: Record<string, PyValue> = {}) =>
    doc({ activity_label: 'Rowing', ctx_a: 'A man rows.', ctx_b: 'he', endings: ['stops.'], label: '0', ...changes });
  const queryOf = (changes: Record<string, PyValue>) => hellaswag.processDocs(row(changes)).get('query');

  it.each([
    ['the rest is lower-cased', 'HE Rows NASA', 'He rows nasa'],
    ['the first letter gets title case, not upper case', 'ǆabc', 'ǅabc'],
    ['one letter may become two', 'ßX', 'Ssx'],
    ['a first character without case stays, the rest still goes down', '1ST', '1st'],
    ['a capital sigma at the end becomes a final one', 'ΟΔΟΣ', 'Οδος'],
  ])('FUNCTION-7, PYTHON-5, capitalize: %s', (_rule, ctx_b, expected) => {
    expect(queryOf({ ctx_b })).toBe(`Rowing: A man rows. ${expected}`);
  });

  it('an empty ctx_b leaves the space before it at the end: it is stripped', () => {
    expect(queryOf({ ctx_b: '' })).toBe('Rowing: A man rows.');
  });

  it.each([
    ['titles become full stops', 'a [title] b', 'a. b'],
    ['brackets go, shortest first', 'a[x]b]c[y]', 'ab]c'],
    ['a bracket over a line break stays', 'a[x\ny]b', 'a[x\ny]b'],
    ['a bracket may hold a carriage return and U+2028, which end a line in JavaScript only', 'a[x\r\u2028y]b', 'ab'],
    ['double spaces go in one pass', 'a    b', 'a  b'],
    ['text is stripped first and never again', ' [x] a', ' a'],
    ['a no-break space and U+001C count as white space to strip', '\u001c\u00a0a\u0085', 'a'],
    ['a byte order mark does not', '\ufeffa', '\ufeffa'],
  ])('FUNCTION-7, REGEX-1, PYTHON-3, cleaning: %s', (_rule, ending, expected) => {
    expect(hellaswag.processDocs(row({ endings: [ending] })).get('choices')).toEqual([expected]);
  });

  it('open brackets are looked at once each', () => {
    const open = '['.repeat(1_000_000);
    expect(hellaswag.processDocs(row({ endings: [open, `${open}\n]`] })).get('choices')).toEqual([open, `${open}\n]`]);
  });

  it('the label is read as Python reads an int', () => {
    const goldOf = (label: PyValue) => hellaswag.processDocs(row({ label })).get('gold');
    expect([goldOf('3'), goldOf(' +2\n'), goldOf('-1'), goldOf(1n)]).toEqual([3n, 2n, -1n, 1n]);
  });

  it.each([
    ['empty, as in the test split', ''],
    ['a word', 'two'],
    ['missing', null],
  ])('a label that is %s is refused', (_what, label) => {
    expect(errorOf(() => hellaswag.processDocs(row({ label })))).toMatchObject({ code: 'TemplateFailed' });
  });

  it('the document keeps its columns in their places, new ones follow; the row itself is not changed', () => {
    const before = row();
    const keys = ['__id', 'activity_label', 'ctx_a', 'ctx_b', 'endings', 'label'];
    expect([...hellaswag.processDocs(before).keys()]).toEqual([...keys, 'query', 'choices', 'gold']);
    expect([...before.keys()]).toEqual(keys);
  });
});

describe('leaderboard_math', () => {
  const row = (changes: Record<string, PyValue> = {}) =>
    doc({ problem: 'p', level: 'Level 5', type: 't', solution: 'so \\boxed{4}.', ...changes });

  it('only the hardest level stays, by its exact text', () => {
    expect(
      ['Level 5', 'level 5', 'Level 5 ', 'Level 4', null].map((level) => math.processDocs(row({ level })) !== null),
    ).toEqual([true, false, false, false, false]);
  });

  it('the answer stands behind the old columns, or in the place that it has already', () => {
    expect([...(math.processDocs(row())?.entries() ?? [])].at(-1)).toEqual(['answer', '4']);
    expect([...(math.processDocs(row({ answer: 'old', zz: 'z' }))?.entries() ?? [])].slice(-2)).toEqual([
      ['answer', '4'],
      ['zz', 'z'],
    ]);
  });

  it.each([
    ['the last box counts', '\\boxed{1} or \\boxed{2}', '2'],
    ['braces inside are kept', 'x \\boxed{\\frac{1}{2}} y', '\\frac{1}{2}'],
    ['a box with a space holds up to the next dollar', '$\\boxed 5$ and $\\boxed 6$ of $7$', '6'],
    ['a box with a space wins over a later one in braces', '\\boxed 5$ then \\boxed{6}', '5'],
    ['an empty box is an empty answer', '\\boxed{}', ''],
    ['no box', 'nothing', '[invalidanswer]'],
    ['a frame box is found but cannot be read', '\\fbox{3}', '[invalidanswer]'],
    ['a box never closed', '\\boxed{3', '[invalidanswer]'],
    ['something before the brace', '\\boxed\\text{3}', '[invalidanswer]'],
    ['a closing brace before the box does not count', '} \\boxed{3}', '3'],
    ['a closing brace before the opening one', '\\boxed}{3}', '[invalidanswer]'],
  ])('the answer: %s', (_rule, solution, expected) => {
    expect(math.answerOf(solution)).toBe(expected);
  });

  it('the question is not stripped', () => {
    expect(math.docToText(row({ problem: ' 1+1 \n' }))).toBe('Problem:\n 1+1 \n\n\nSolution:');
  });
});

describe('mmlu_pro categories', () => {
  const row = (count: number, changes: Record<string, PyValue> = {}) =>
    doc({ question: ' Why? ', options: Array.from({ length: count }, (_, i) => ` o${i} `), ...changes });

  it('FUNCTION-1: nothing is stripped', () => {
    expect(mmluPro.docToText(row(2))).toBe(`Question:\n Why? \nOptions:\nA.  o0 \nB.  o1 \nAnswer: ${STEPS}`);
  });

  it('options go up to P', () => {
    const lines = mmluPro.docToText(row(18)).split('\n');
    expect(
      lines
        .filter((line) => /^[A-Z]\. /.test(line))
        .map((line) => line[0])
        .join(''),
    ).toBe('ABCDEFGHIJKLMNOP');
    expect(lines.at(-1)).toBe(`Answer: ${STEPS}`);
  });

  it('FUNCTION-2: a worked example brings its own delimiter, and every opening phrase is replaced', () => {
    const cot_content = `A: ${STEPS} One. A: ${STEPS} Two. $& `;
    expect(mmluPro.fewshotToText(row(1, { cot_content }))).toBe(
      `Question:\n Why? \nOptions:\nA.  o0 \nAnswer: ${STEPS} One. Answer: ${STEPS} Two. $& \n\n`,
    );
  });

  it('an example without the phrase gets none', () => {
    expect(mmluPro.fewshotToText(row(0, { cot_content: 'Just so.' }))).toBe(
      'Question:\n Why? \nOptions:\nJust so.\n\n',
    );
  });
});

describe('winogrande', () => {
  const row = (changes: Record<string, PyValue> = {}) =>
    doc({ sentence: 'Ann met _ in _ town.', option1: 'Bo', option2: 'Cy', answer: '2', ...changes });

  it('the text is an index, so that the task is a multiple-input one', () => {
    expect([winogrande.docToText(row()), winogrande.docToText(row({ answer: '1' }))]).toEqual([1n, 0n]);
    expect(errorOf(() => winogrande.docToText(row({ answer: '' }))).message).toContain('"answer"');
  });

  it('the first blank counts', () => {
    expect(winogrande.docToChoice(row())).toEqual(['Ann met Bo', 'Ann met Cy']);
    expect(winogrande.docToTarget(row())).toBe('in _ town.');
  });

  it('FUNCTION-8: the target loses what Python calls white space, and keeps a byte order mark', () => {
    expect(winogrande.docToTarget(row({ sentence: 'a_\u001f \u2003b\u0085\u3000' }))).toBe('b');
    expect(winogrande.docToTarget(row({ sentence: 'a_ \ufeffb' }))).toBe('\ufeffb');
  });

  it('a sentence without a blank is refused', () => {
    expect(errorOf(() => winogrande.docToChoice(row({ sentence: 'none' })))).toMatchObject({ code: 'TemplateFailed' });
  });
});

describe('hooks by name', () => {
  it('are found by folder, module and function, and by nothing else', () => {
    expect(findHook('hellaswag/utils.process_docs')).toMatchObject({ kind: 'process_docs', filters: false });
    expect(findHook('leaderboard/math/utils.process_docs')).toMatchObject({ kind: 'process_docs', filters: true });
    for (const name of ['utils.process_docs', 'constructor', '__proto__', '']) expect(findHook(name)).toBeUndefined();
    for (const name of SUPPORTED_HOOKS) expect(findHook(name)).toBeDefined();
  });

  it('a column that is missing or of another type is named, with the document', () => {
    const missing = errorOf(() => math.docToText(doc({})));
    expect(missing).toMatchObject({ code: 'TemplateFailed', permanent: true, context: { column: 'problem', id: '7' } });
    expect(missing.message).toContain('"problem"');
    expect(errorOf(() => mmluPro.docToText(doc({ question: 'q', options: ['a', 1n] }))).message).toContain('int');
  });
});
