import { createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { pathToFileURL } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Card } from '../../lib/pages/card.ts';
import { pageOf } from '../../lib/pages/page.ts';
import { CHROMIUM } from './browser.ts';

const HOSTILE = '</pre><script>alert(1)</script><img src=x onerror=alert(2)>{{7*7}}';
const MANY = 5000;
const PATIENT = { timeout: 30_000 };

function* cards(): Generator<Card> {
  for (let id = 0; id < MANY; id++) {
    yield {
      title: `task ${HOSTILE} ${id}`,
      about: HOSTILE,
      group: id % 2 === 0 ? 'even' : 'odd',
      outcome: null,
      word: '',
      sort: { id, score: 0, time: 0 },
      blocks: [
        { kind: 'fold', label: '2 worked examples', blocks: [{ kind: 'turn', role: 'user', text: `folded ${id}` }] },
        { kind: 'turn', role: 'user', text: `${HOSTILE} question ${id}` },
        {
          kind: 'choices',
          label: 'choices',
          choices: [
            { text: HOSTILE, gold: true },
            { text: 'no', gold: false },
          ],
        },
      ],
    };
  }
}

describe.skipIf(CHROMIUM === undefined)(
  'a page of 5000 cards in a real browser (skipped where there is no Chromium)',
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'pages-'));
    let browser: Browser;
    let page: Page;
    const problems: string[] = [];

    beforeAll(async () => {
      const file = join(folder, 'page.html');
      const head = {
        title: HOSTILE,
        facts: [['seed', HOSTILE]] as const,
        problems: [HOSTILE],
        groups: ['even', 'odd'],
      };
      await pipeline(pageOf(head, cards()), createWriteStream(file));
      browser = await chromium.launch({ executablePath: CHROMIUM ?? '', args: ['--no-sandbox'] });
      page = await browser.newPage({ viewport: { width: 1100, height: 900 } });
      page.on('console', (message) => problems.push(message.text()));
      page.on('pageerror', (error) => problems.push(String(error)));
      page.on('dialog', (dialog) => problems.push(`dialog: ${dialog.message()}`));
      await page.goto(pathToFileURL(file).href);
    }, 60_000);
    afterAll(async () => {
      await browser?.close();
      rmSync(folder, { recursive: true });
    });

    const current = () => page.locator('article.current h2').textContent();
    const counted = () => page.locator('output').textContent();
    const filledCards = () => page.locator('article:has(pre)').count();

    it('makes only the cards near the window, and each as it comes near', async () => {
      await expect.poll(filledCards, PATIENT).toBeGreaterThan(0);
      expect(await filledCards()).toBeLessThan(100);
      expect(await page.locator('article').count()).toBe(MANY);
      await page.evaluate('scrollTo(0, document.documentElement.scrollHeight)');
      await expect
        .poll(() => page.locator('article').last().locator('pre').first().textContent(), PATIENT)
        .toContain(`question ${MANY - 1}`);
      await page.evaluate('scrollTo(0, 0)');
    });

    it('shows hostile text as text, runs nothing of it and loads nothing', async () => {
      expect(await page.locator('article').first().locator('pre').first().textContent()).toContain(HOSTILE);
      expect(await page.locator('img').count()).toBe(0);
      expect(await page.locator('h1').textContent()).toBe(HOSTILE);
      expect(problems).toEqual([]);
    });

    it('marks the right choice', async () => {
      expect(await page.locator('article').first().locator('li').allTextContents()).toEqual([
        `0${HOSTILE}✓ gold`,
        '1no',
      ]);
    });

    it('goes from card to card by j and k, and unfolds by o', async () => {
      await page.keyboard.press('j');
      await page.keyboard.press('j');
      expect(await current()).toContain(` ${1}`);
      await page.keyboard.press('k');
      expect(await current()).toContain(' 0');
      await page.keyboard.press('o');
      expect(await page.locator('article.current details[open] pre').textContent()).toBe('folded 0');
    });

    it('finds text, also where it is folded, and all of it again', async () => {
      await page.keyboard.press('/');
      await page.keyboard.type('FOLDED 4321');
      await expect.poll(counted, PATIENT).toBe(`1 of ${MANY}`);
      expect(await page.locator('article:visible mark').textContent()).toBe('folded 4321');
      await page.keyboard.press('Escape');
      await expect.poll(counted, PATIENT).toBe(`${MANY} documents`);
    });

    it('shows one group where it is chosen', async () => {
      await page.locator('select').selectOption('odd');
      await expect.poll(counted, PATIENT).toBe(`${MANY / 2} of ${MANY}`);
      await page.locator('select').selectOption('');
    });
  },
);
