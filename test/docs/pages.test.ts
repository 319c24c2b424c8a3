import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';

const ROOT = join(import.meta.dirname, '..', '..');
const PAGES = ['README.md', 'AGENTS.md', 'CONTRIBUTING.md', 'CHANGELOG.md', ...inDocs()];
const { scripts } = z
  .object({ scripts: z.record(z.string(), z.string()) })
  .parse(JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')));
function inDocs(): string[] {
  const names = readdirSync(join(ROOT, 'docs'), { recursive: true }).map(String);
  return names.filter((name) => name.endsWith('.md')).map((name) => join('docs', name));
}

const read = (page: string) => readFileSync(join(ROOT, page), 'utf8');

/** The text without its code, in which brackets are no links. */
const prose = (page: string) =>
  read(page)
    .replace(/^```.*?^```/gms, '')
    .replace(/`[^`\n]*`/g, '');

/** The anchors of a page's headings, as they are made from them on the web. */
function anchors(page: string): Set<string> {
  const headings = read(page).matchAll(/^#+ (.+)$/gm);
  const slug = (heading = '') =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-');
  return new Set([...headings].map(([, heading]) => slug(heading)));
}

/** Where a page's links lead, those to other sites left out. */
function links(page: string): string[] {
  const text = prose(page);
  const targets = [...text.matchAll(/\]\(([^)\s]+)\)/g), ...text.matchAll(/^\[[^\]]+\]: (\S+)$/gm)];
  return targets.map(([, target = '']) => target).filter((target) => !/^[a-z]+:/.test(target));
}

function leadsNowhere(page: string, link: string): boolean {
  const [path = '', anchor] = link.split('#');
  const target = path === '' ? page : join(dirname(page), path);
  if (!existsSync(join(ROOT, target))) return true;
  return anchor !== undefined && target.endsWith('.md') && !anchors(target).has(anchor);
}

/** The npm scripts that a text tells its reader to run. */
function scriptsNamed(text: string): string[] {
  const found = text.matchAll(/\bnpm (?:run (?:-s )?|(?=start|test))(\w[\w-]*(?::\w[\w-]*)*)/g);
  return [...found].map(([, name = '']) => name);
}

describe.each(PAGES)('%s', (page) => {
  it('has no link that leads nowhere, to a file or to a heading', () => {
    expect(links(page).filter((link) => leadsNowhere(page, link))).toEqual([]);
  });

  it('names no npm script that is not there', () => {
    expect(scriptsNamed(read(page)).filter((name) => !Object.hasOwn(scripts, name))).toEqual([]);
  });
});

it('the checks find links and scripts to check', () => {
  expect(links('README.md').length).toBeGreaterThan(3);
  expect(leadsNowhere('README.md', 'docs/none.md')).toBe(true);
  expect(leadsNowhere('README.md', 'docs/architecture.md#none')).toBe(true);
  expect(leadsNowhere('README.md', 'docs/architecture.md#rooms')).toBe(false);
  expect(scriptsNamed('`npm run -s docs`, `npm start: x`, npm run bench:shard, npm ci')).toEqual([
    'docs',
    'start',
    'bench:shard',
  ]);
});

it('whoever works here has at most sixty lines to read', () => {
  expect(read('AGENTS.md').split('\n').length).toBeLessThanOrEqual(61);
});

it('docs/operations.md tells of every error code whether it is retried', () => {
  const [, union = ''] =
    /type ErrorCode =([^;]+);/.exec(readFileSync(join(ROOT, 'lib', 'errors', 'errors.ts'), 'utf8')) ?? [];
  const codes = [...union.matchAll(/'(\w+)'/g)].map(([, code = '']) => code);
  const [, told = ''] = read(join('docs', 'operations.md')).split('## Error codes\n');
  expect(codes).toContain('BadMessage');
  expect(codes.filter((code) => !told.includes(`\`${code}\``))).toEqual([]);
});

it('docs/operations.md names every metric that a function counts', () => {
  const functions = readdirSync(join(ROOT, 'functions')).map((name) => read(join('functions', name)));
  const counted = functions.flatMap((text) =>
    [...text.matchAll(/\b([A-Z][a-z]+[A-Z][a-z]+):/g)].map(([, name = '']) => name),
  );
  const page = read(join('docs', 'operations.md'));
  expect(counted).toContain('TasksEvaluated');
  expect(counted.filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
});
