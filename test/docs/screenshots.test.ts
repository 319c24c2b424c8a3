import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { type Browser, chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Catalogue } from '../../lib/catalogue/catalogue.ts';
import { buildIndex } from '../../lib/catalogue/definitions/build-index.ts';
import { withRoot } from '../../lib/catalogue/staging/wheel-catalogue.ts';
import { requireSupported } from '../../lib/catalogue/support.ts';
import { parseMessage } from '../../lib/messages/parse.ts';
import { sampleMessage } from '../../lib/messages/sample.ts';
import { resultCard, resultsHead } from '../../lib/operator/results-page.ts';
import { pageOf } from '../../lib/pages/page.ts';
import { FolderSource } from '../../lib/preview/folder-source.ts';
import { previewPage } from '../../lib/preview/page.ts';
import { type Preview, previewTask } from '../../lib/preview/preview.ts';
import { writeFolder } from '../bin/own-tasks.ts';
import { CHROMIUM } from '../pages/browser.ts';

const IMAGES = join(import.meta.dirname, '..', '..', 'docs', 'images');
/** The pictures of docs are written anew where this is set; otherwise they are only taken. */
const WRITE = process.env['SAMPLER_SCREENSHOTS'] === 'write';

const TASKS = {
  'shelf.yaml': `task: shelf_sums
dataset_path: own/shelf
test_split: test
fewshot_split: train
output_type: generate_until
description: "Work the sums out.\\n\\n"
doc_to_text: "Q: {{question}}\\nA:"
doc_to_target: "{{answer}}"
num_fewshot: 2
`,
  'rivers.yaml': `task: rivers
dataset_path: own/rivers
test_split: test
fewshot_split: train
output_type: multiple_choice
doc_to_text: "{{question}}\\nAnswer:"
doc_to_choice: "{{options}}"
doc_to_target: "{{right}}"
num_fewshot: 2
fewshot_config: {sampler: first_n}
`,
};

function shelf(from: number, count: number): Uint8Array {
  const numbers = Array.from({ length: count }, (_, i) => from + i);
  return new Uint8Array(
    parquetWriteBuffer({
      columnData: [
        {
          name: 'question',
          data: numbers.map(
            (i) => `A shelf holds ${20 + i} books. ${i} are lent, then 6 come back. How many are there?`,
          ),
          type: 'STRING',
        },
        { name: 'answer', data: numbers.map(() => 'It holds 26 books.'), type: 'STRING' },
      ],
    }),
  );
}

function rivers(rows: readonly [string, string[], number][]): Uint8Array {
  return new Uint8Array(
    parquetWriteBuffer({
      columnData: [
        { name: 'question', data: rows.map(([question]) => question), type: 'STRING' },
        { name: 'options', data: rows.map(([, options]) => JSON.stringify(options)), type: 'STRING' },
        { name: 'right', data: rows.map(([, , right]) => right), type: 'INT32' },
      ],
    }),
  );
}

async function previews(tasks: string, path: string): Promise<Preview[]> {
  const source = new FolderSource(
    writeFolder({
      'own/shelf/default/train/0000.parquet': shelf(1, 8),
      'own/shelf/default/test/0000.parquet': shelf(9, 6),
      'own/rivers/default/train/0000.parquet': rivers([
        ['Which river flows through Cairo?', ['the Nile', 'the Rhine', 'the Volga'], 0],
        ['Which river flows through Vienna?', ['the Loire', 'the Danube', 'the Thames'], 1],
      ]),
      'own/rivers/default/test/0000.parquet': rivers([
        ['Which river flows through Paris?', ['the Elbe', 'the Tagus', 'the Seine', 'the Po'], 2],
        ['Which river flows through London?', ['the Thames', 'the Oder', 'the Ebro', 'the Tiber'], 0],
        ['Which river flows through Rome?', ['the Douro', 'the Tiber', 'the Elbe', 'the Rhône'], 1],
      ]),
    }),
  );
  const empty: Catalogue = {
    source: 'lm-eval 0.4.9',
    index: new Map(),
    find: async () => null,
    requireSupported: (entry) => requireSupported(entry, new Set()),
    sources: async () => new Map(),
  };
  const files = new Map(Object.entries(TASKS).map(([name, text]) => [name, Buffer.from(text)]));
  const catalogue = withRoot(empty, 'own', buildIndex(files, 'include/own'));
  const body = { framework: 'lmeh', tasks, qty: -1, requester_args: { address: 'a', service: 's', path } };
  const message = parseMessage('sample', sampleMessage, JSON.stringify(body));
  return Promise.all(
    tasks.split(',').map(async (name) => {
      const entry = await catalogue.find(name);
      if (!entry) throw new Error(`there is no task ${name}`);
      return previewTask({ catalogue, source }, message, entry, 7n);
    }),
  );
}

function results(): AsyncGenerator<string> {
  const answers = [
    ['It holds 20 + 9 - 9 + 6 = 26 books.', '26', 1],
    ['24 books, as 4 are lent.', '24', 0],
    ['26', '26', 1],
    ['First 31, then 11 less, and 6 back: 26.', '26', 1],
  ] as const;
  const selected = { filter: 'flexible-extract', metric: 'exact_match', source: 'table' as const };
  const metrics = [
    { filter: 'strict-match', metric: 'exact_match', mean: 0.25, stderr: 0.25, documents: 4 },
    { filter: 'flexible-extract', metric: 'exact_match', mean: 0.75, stderr: 0.25, documents: 4 },
  ];
  const head = resultsHead(
    {
      ...{ id: '65f0a1b2c3d4e5f60718293a', state: 'evaluated', task: 'shelf_sums', resolved_task: 'shelf_sums' },
      ...{ address: 'SUPPLIER', service: 'SERVICE', documents: 5, failed: 1, selected, metrics, seed: '7' },
      ...{ harness: '0.4.9', error: null, told: true, updated_at: '2026-01-01T00:00:00.000Z' },
    },
    { right: 3, partly: 0, wrong: 1, failed: 1 },
    0,
    '0.1.0',
  );
  const asked = (id: number) => [
    {
      context: JSON.stringify([
        { role: 'system', content: 'Work the sums out.' },
        {
          role: 'user',
          content: `Q: A shelf holds ${20 + id} books. ${id} are lent, then 6 come back. How many are there?\nA:`,
        },
      ]),
      continuation: null,
    },
  ];
  const cards = answers.map(([answer, extracted, score], at) =>
    resultCard(
      {
        ...{ doc_id: 9 + at, score, run_time: 640 + 55 * at, status_code: 0, error_str: '', gold: '26' },
        filters: [
          {
            filter: 'strict-match',
            extracted: at === 2 ? '26' : '[invalid]',
            metrics: [{ metric: 'exact_match', value: at === 2 ? 1 : 0 }],
          },
          { filter: 'flexible-extract', extracted, metrics: [{ metric: 'exact_match', value: score }] },
        ],
      },
      { asked: asked(9 + at), responses: [JSON.stringify({ choices: [{ message: { content: answer } }] })] },
      selected,
    ),
  );
  const failed = resultCard(
    {
      doc_id: 13,
      score: 0,
      run_time: 0,
      status_code: 2,
      error_str: 'Bad JSON data format (response): <html>502</html>',
      gold: null,
      filters: [],
    },
    { asked: asked(13), responses: ['<html>502 Bad Gateway</html>'] },
    selected,
  );
  return pageOf(head, [...cards, failed]);
}

describe.skipIf(CHROMIUM === undefined)('pictures of the pages (skipped where there is no Chromium)', () => {
  const folder = mkdtempSync(join(tmpdir(), 'screenshots-'));
  let browser: Browser;
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: CHROMIUM ?? '', args: ['--no-sandbox'] });
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true });
  });

  it.each([
    [
      'preview',
      'light',
      900,
      async () =>
        previewPage(await previews('shelf_sums', '/v1/chat/completions'), [], {
          definitions: 'lm-eval 0.4.9',
          sampler: '0.1.0',
        }),
    ],
    [
      'choices',
      'dark',
      760,
      async () =>
        previewPage(await previews('rivers,shelf_sums', '/v1/completions'), [], {
          definitions: 'lm-eval 0.4.9',
          sampler: '0.1.0',
        }),
    ],
    ['results', 'light', 1000, async () => results()],
  ] as const)('%s: nothing is wider than the window, in light and dark', async (name, colorScheme, height, pieces) => {
    const file = join(folder, `${name}.html`);
    writeFileSync(file, (await Array.fromAsync(await pieces())).join(''));
    const page = await browser.newPage({ viewport: { width: 1000, height }, colorScheme });
    await page.goto(pathToFileURL(file).href);
    await page.locator('article pre').first().waitFor();
    if (name === 'preview') await page.locator('details').first().locator('summary').click();
    const picture = await page.screenshot(WRITE ? { path: join(IMAGES, `${name}.png`) } : {});
    expect(picture.subarray(1, 4).toString()).toBe('PNG');
    for (const width of [1000, 420]) {
      await page.setViewportSize({ width, height });
      expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0);
    }
    await page.close();
  });
});

it.each(['preview', 'choices', 'results'])('docs/images/%s.png is a picture of reasonable size', (name) => {
  const file = join(IMAGES, `${name}.png`);
  expect(existsSync(file)).toBe(true);
  expect(readFileSync(file).length).toBeLessThan(400_000);
});
