import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { COLLECTIONS, documentSchemas, documentsPage } from '../../bin/documents-page.ts';

const DOCS = join(import.meta.dirname, '..', '..', 'docs');

describe('the generated page of documents', () => {
  it('docs/documents.md is what npm run docs would write', () => {
    expect(readFileSync(join(DOCS, 'documents.md'), 'utf8')).toBe(documentsPage());
  });

  it.each(Object.entries(documentSchemas()))(
    'docs/schemas/%s.json is what npm run docs would write',
    (name, schema) => {
      const written: unknown = JSON.parse(readFileSync(join(DOCS, 'schemas', `${name}.json`), 'utf8'));
      expect(JSON.stringify(written)).toBe(JSON.stringify(schema));
    },
  );

  it('has a section for each collection', () => {
    const page = documentsPage();
    for (const { name } of COLLECTIONS) expect(page).toContain(`\n## ${name}\n`);
  });
});
