import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..', '..');
const RULES = join(ROOT, 'docs', 'rules');
const CITING = [
  'AGENTS.md',
  'README.md',
  'serverless.yml',
  'bench',
  'bin',
  'deploy',
  'docs',
  'functions',
  'lib',
  'localstack',
  'test',
];
const TEXT = /\.(?:c?ts|[cm]js|md|py|yml|json)$/;

interface Rule {
  readonly id: string;
  readonly page: string;
}

/** Every rule, in the order of pages and lines: a list item that begins with its id. */
function rules(): Rule[] {
  const pages = readdirSync(RULES).filter((name) => name.endsWith('.md'));
  return pages.flatMap((page) =>
    [...readFileSync(join(RULES, page), 'utf8').matchAll(/^- \*\*([A-Z]+-\d+)\*\* \S/gm)].map(([, id = '']) => ({
      id,
      page,
    })),
  );
}

/** The files that may cite rules, as paths from the repository's root. */
function files(): string[] {
  return CITING.flatMap((name) => {
    if (name.includes('.')) return [name];
    const inside = readdirSync(join(ROOT, name), { recursive: true, withFileTypes: true });
    const found = inside.filter((entry) => entry.isFile() && TEXT.test(entry.name));
    return found.map((entry) => relative(ROOT, join(entry.parentPath, entry.name)));
  });
}

const all = rules();
const prefixes = [...new Set(all.map(({ id }) => id.split('-')[0] ?? ''))];
const citation = new RegExp(`\\b(?:${prefixes.join('|')})-\\d+\\b`, 'g');

describe('the rules of docs/rules', () => {
  it('have ids of which none is given twice', () => {
    const ids = all.map(({ id }) => id);
    expect(ids.filter((id, at) => ids.indexOf(id) !== at)).toEqual([]);
    expect(ids.length).toBeGreaterThan(100);
  });

  it('have a row in the table of pages for each prefix, which names the page that defines them', () => {
    const rows = readFileSync(join(RULES, 'README.md'), 'utf8').matchAll(/^\| \[.*?\]\((.*?)\) \| (.*?) \|/gm);
    const listed = [...rows].flatMap(([, page = '', ids = '']) =>
      [...ids.matchAll(/`([A-Z]+)`/g)].map(([, prefix = '']) => `${prefix} ${page}`),
    );
    const defined = new Set(all.map(({ id, page }) => `${id.split('-')[0]} ${page}`));
    expect(listed.toSorted()).toEqual([...defined].toSorted());
  });

  it('are there wherever one is cited', () => {
    const known = new Set(all.map(({ id }) => id));
    const cited = files().flatMap((file) =>
      [...readFileSync(join(ROOT, file), 'utf8').matchAll(citation)].map(([id]) => ({ file, id })),
    );
    expect(cited.filter(({ id }) => !known.has(id))).toEqual([]);
    expect(cited.filter(({ file }) => file.startsWith('lib')).length).toBeGreaterThan(20);
  });

  it('stand for themselves: nothing but tests that skip names a file outside the repository', () => {
    const outside = files().filter((file) => readFileSync(join(ROOT, file), 'utf8').includes('../shared'));
    expect(outside.filter((file) => !file.startsWith('test/'))).toEqual([]);
  });
});
