import fc from 'fast-check';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { brokenTemplate, template } from './arbitrary-template.ts';
import { VARIABLES } from './corpus.ts';
import { difference, hasJinja, Jinja, render } from './oracle.ts';

/** Templates per round trip to Python. */
const BATCH = 40;
const RUNS = Number(process.env['TEMPLATE_RUNS'] ?? 25);

describe.skipIf(!hasJinja)('generated templates render as Jinja 3.1.6 renders them, or are refused', () => {
  let jinja: Jinja;
  beforeAll(() => {
    jinja = new Jinja();
  });
  afterAll(() => jinja.close());

  async function compare(templates: readonly string[]): Promise<void> {
    const theirs = await jinja.render(templates.map((source) => [source, VARIABLES]));
    for (const [index, source] of templates.entries()) {
      const ours = render(source, VARIABLES);
      const expected = theirs[index] ?? { error: 'missing' };
      // What we knowingly leave out is refused, never rendered differently.
      const refused = 'error' in ours && (ours.error === 'unsupported' || ours.error === 'limit');
      const problem = refused ? null : difference(source, ours, expected);
      if (problem !== null || ('error' in ours && ours.error === 'internal')) throw new Error(problem ?? source);
    }
  }

  it('expressions and statements of all kinds', async () => {
    const batches = fc.array(template, { minLength: BATCH, maxLength: BATCH });
    await fc.assert(fc.asyncProperty(batches, compare), { numRuns: RUNS });
  });

  it('templates with pieces missing or misplaced', async () => {
    const batches = fc.array(brokenTemplate, { minLength: BATCH, maxLength: BATCH });
    await fc.assert(fc.asyncProperty(batches, compare), { numRuns: RUNS });
  });
});
