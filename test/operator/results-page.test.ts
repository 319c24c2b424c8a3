import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BAD_MODEL } from '../../lib/evaluate/classify.ts';
import type { DocumentView, ResultView } from '../../lib/operator/results.ts';
import { resultCard, resultsHead } from '../../lib/operator/results-page.ts';
import { pageOf } from '../../lib/pages/page.ts';
import { CHROMIUM } from '../pages/browser.ts';

const result: ResultView = {
  id: '65f0a1b2c3d4e5f60718293a',
  state: 'evaluated',
  task: 'gsm8k',
  resolved_task: 'gsm8k',
  address: 'supplier',
  service: 'service',
  documents: 6,
  failed: 1,
  selected: { filter: 'flexible-extract', metric: 'exact_match', source: 'table' },
  metrics: [
    { filter: 'strict-match', metric: 'exact_match', mean: 0.2, stderr: 0.2, documents: 5 },
    { filter: 'flexible-extract', metric: 'exact_match', mean: 0.6, stderr: 0.2449, documents: 5 },
  ],
  seed: '7',
  harness: '0.4.9',
  error: null,
  told: true,
  updated_at: '2026-01-01T00:00:00.000Z',
};

function document(doc_id: number, score: number, status_code = 0): DocumentView {
  const metrics = [{ metric: 'exact_match', value: score }];
  return {
    doc_id,
    score,
    run_time: status_code === 0 ? 100 - doc_id : 0,
    status_code,
    error_str: status_code === 0 ? '' : 'Bad JSON data format (response): <html>502</html>',
    gold: status_code === 0 ? '18' : null,
    filters:
      status_code === 0
        ? [
            { filter: 'strict-match', extracted: '[invalid]', metrics },
            { filter: 'flexible-extract', extracted: String(17 + score), metrics },
          ]
        : [],
  };
}

const documents = [document(1, 1), document(2, 0), document(3, 1), document(4, 0, 2), document(5, 0.5), document(6, 1)];
const chat = JSON.stringify([
  { role: 'system', content: 'Work it out.' },
  { role: 'user', content: 'How many eggs does <b>she</b> sell & keep?' },
]);
const answer = (score: number) =>
  JSON.stringify({ choices: [{ message: { content: `<script>alert(1)</script> That is ${17 + score}.` } }] });
const cards = documents.map((one) =>
  resultCard(
    one,
    {
      asked: [{ context: chat, continuation: null }],
      responses: [one.status_code === 0 ? answer(one.score) : '<html>502</html>'],
    },
    result.selected,
  ),
);

it('names what a body of code 12 lacks, where the error of the Python evaluator does not', () => {
  const failed = { ...document(1, 0, 12), error_str: BAD_MODEL };
  const why = (context: string) =>
    resultCard(failed, { asked: [{ context, continuation: null }], responses: [answer(1)] }, null).blocks[0];
  const named = (path: string, field: string) =>
    expect.stringMatching(new RegExp(`ModelMetaclass'> format\\nAs an answer of ${path}: .*\\b${field}: missing`));
  expect(why(chat)).toMatchObject({ label: 'why', text: named('/v1/chat/completions', 'usage') });
  expect(why('Q: how many?')).toMatchObject({ label: 'why', text: named('/v1/completions', 'model') });
});

describe.skipIf(CHROMIUM === undefined)(
  'the page of results in a real browser (skipped where there is no Chromium)',
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'results-page-'));
    let browser: Browser;
    let page: Page;
    const problems: string[] = [];

    beforeAll(async () => {
      const head = resultsHead(result, { right: 3, partly: 1, wrong: 1, failed: 1 }, 0);
      writeFileSync(join(folder, 'page.html'), (await Array.fromAsync(pageOf(head, cards))).join(''));
      browser = await chromium.launch({ executablePath: CHROMIUM ?? '', args: ['--no-sandbox'] });
      page = await browser.newPage({ viewport: { width: 1100, height: 1400 } });
      page.on('console', (message) => problems.push(message.text()));
      page.on('pageerror', (error) => problems.push(String(error)));
      page.on('dialog', (dialog) => problems.push(`dialog: ${dialog.message()}`));
      await page.goto(pathToFileURL(join(folder, 'page.html')).href);
      const kept = process.env['SAMPLER_SCREENSHOTS'];
      if (kept !== undefined) await page.screenshot({ path: join(kept, 'results-page.png') });
    }, 60_000);
    afterAll(async () => {
      await browser?.close();
      rmSync(folder, { recursive: true });
    });

    const shown = () =>
      page.locator('article:visible h2').evaluateAll((heads) => heads.map((head) => head.textContent ?? ''));
    const ids = async () => (await shown()).map((head) => Number(/Document (\d+)/.exec(head)?.[1]));

    it('runs nothing of what was asked or answered, and loads nothing', () => {
      expect(problems).toEqual([]);
    });

    it('shows what was asked, came back, was extracted, and is right', async () => {
      const card = page.locator('article').first();
      const text = (await card.textContent()) ?? '';
      for (const part of [
        'How many eggs does <b>she</b> sell & keep?',
        'That is 18.',
        '[invalid]',
        'flexible-extract',
        '18',
      ]) {
        expect(text.toLowerCase()).toContain(part.toLowerCase());
      }
      const row = await page.locator('tbody tr').last().locator('td').allTextContents();
      expect(row).toEqual(['flexible-extract', 'exact_match', '0.6000', '0.2449', '5', 'is the score']);
      expect(await page.locator('svg rect').count()).toBe(4);
    });

    it('filters by outcome', async () => {
      await page.getByRole('button', { name: 'right 3' }).click();
      expect(await ids()).toEqual([1, 3, 6]);
      await page.getByRole('button', { name: 'failed 1' }).click();
      expect(await ids()).toEqual([4]);
      await page.getByRole('button', { name: 'all 6' }).click();
      expect(await ids()).toEqual([1, 2, 3, 4, 5, 6]);
    });

    it('sorts the worst first, or the slowest', async () => {
      await page.getByRole('button', { name: 'worst first' }).click();
      expect(await ids()).toEqual([4, 2, 5, 1, 3, 6]);
      await page.getByRole('button', { name: 'slowest first' }).click();
      expect(await ids()).toEqual([1, 2, 3, 5, 6, 4]);
    });
  },
);

const textOf = (asked: readonly { context: string; continuation: string | null }[], gold: string | null = null) =>
  resultCard({ ...document(1, 1), gold }, { asked, responses: [] }, null, { count: 2, delimiter: '\n\n' }).blocks;

it('cuts texts that would make the page too long, and says so', () => {
  const long = textOf([{ context: 'x'.repeat(30_000), continuation: null }]);
  expect(JSON.stringify(long)).toContain('(10000 characters more)');
});

it('shows the choices of a document together, with the right one marked', () => {
  const choices = [' blue', ' red'].map((continuation) => ({ context: 'The sky is', continuation }));
  expect(textOf(choices, '0')).toContainEqual({
    kind: 'choices',
    label: 'choices',
    choices: [
      { text: ' blue', gold: true },
      { text: ' red', gold: false },
    ],
  });
});

it('folds worked examples of a text where the delimiter tells as many apart as there are, and nothing else', () => {
  const asked = (context: string) => textOf([{ context, continuation: null }]);
  expect(asked('one\n\ntwo\n\nasked')).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ kind: 'fold', blocks: [{ kind: 'turn', role: 'examples', text: 'one\n\ntwo' }] }),
      { kind: 'turn', role: 'asked', text: 'asked' },
    ]),
  );
  const whole = 'one\n\ntwo\n\na question\n\nof\n\nmany parts';
  expect(asked(whole)).toContainEqual({ kind: 'turn', role: 'asked', text: whole });
});
