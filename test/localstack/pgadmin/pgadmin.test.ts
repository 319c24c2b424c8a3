import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, chromium, type Locator, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PGADMIN_LOGIN, PGADMIN_SERVER } from '../../../localstack/pgadmin/connection.ts';
import { PGADMIN_VENV, type Pgadmin, startPgadmin } from '../../../localstack/pgadmin/server.ts';
import { choosePort } from '../../../localstack/processes.ts';
import { type DataStack, openDataStack, texts } from '../../datasets/data-stack.ts';

const CHROMIUM = '/usr/bin/chromium';
const QUIET = ['gpu', 'quic', 'background-networking', 'component-update', 'sync'].map((part) => `--disable-${part}`);
const PATIENCE_MS = 60_000;

/** The set-up brings PG Admin for the tests only where the browser is. */
const missing = [CHROMIUM, join(PGADMIN_VENV, 'installed-from')].filter((file) => !existsSync(file));
if (missing.length > 0) console.log(`PG Admin is not tried in a browser: no ${missing.join(', no ')} here.`);

describe.skipIf(missing.length > 0)('PG Admin', () => {
  const folder = mkdtempSync(join(tmpdir(), 'pgadmin-'));
  let dataStack: DataStack;
  let pgadmin: Pgadmin;
  let browser: Browser;
  let page: Page;
  const asked = new Set<string>();

  beforeAll(async () => {
    dataStack = await openDataStack();
    await dataStack.putDataset('own/books/default', { test: [texts('title', ['a', 'b'])] });
    await dataStack.register('own_task', 'own/books');
    pgadmin = await startPgadmin({ dir: folder, port: await choosePort(), postgresUri: dataStack.postgresUri });
    browser = await chromium.launch({
      executablePath: CHROMIUM,
      args: ['--headless', '--no-sandbox', '--no-first-run', ...QUIET],
    });
    page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
    page.setDefaultTimeout(PATIENCE_MS);
    page.on('request', (request) => asked.add(new URL(request.url()).origin));
  });
  afterAll(async () => {
    await browser?.close();
    await pgadmin?.stop();
    await dataStack?.dispose();
    rmSync(folder, { recursive: true, force: true });
  });

  it('shows a registered table to who logs in, and asks for no password of the database', async () => {
    await page.goto(pgadmin.url);
    await page.fill('input[name=email]', PGADMIN_LOGIN.email);
    await page.fill('input[name=password]', PGADMIN_LOGIN.password);
    await page.click('button:has-text("Login")');
    const database = new URL(dataStack.postgresUri).pathname.slice(1);
    const path = ['Servers', PGADMIN_SERVER, 'Databases', database, 'Schemas', 'public', 'Tables', 'own/books'];
    for (const [index, name] of path.entries()) await unfold(page, path[index - 1], name);
    expect(await node(page, 'task_registry').isVisible()).toBe(true);
  });

  it('asks no other host for anything', () => {
    expect([...asked].filter((origin) => origin !== 'null')).toEqual([pgadmin.url]);
  });
});

function node(page: Page, name: string): Locator {
  return page.locator('.file-name').getByText(name, { exact: true });
}

/** Opens `parent` in the tree until `child` shows. Not at once: PG Admin opens some by itself, and a click would close those. */
async function unfold(page: Page, parent: string | undefined, child: string): Promise<void> {
  const end = Date.now() + PATIENCE_MS;
  while (parent !== undefined && Date.now() < end && !(await shows(node(page, child)))) {
    await node(page, parent).dblclick();
  }
  await node(page, child).waitFor();
}

async function shows(wanted: Locator): Promise<boolean> {
  try {
    await wanted.waitFor({ timeout: 2500 });
    return true;
  } catch {
    return false;
  }
}
