import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TEMPLATES, VARIABLES } from './corpus.ts';
import { difference, hasJinja, Jinja, type Rendered, render } from './oracle.ts';

describe.skipIf(!hasJinja)('templates render as Jinja 3.1.6 renders them', () => {
  let jinja: Jinja;
  const theirs = new Map<string, Rendered>();

  beforeAll(async () => {
    jinja = new Jinja();
    const all = Object.values(TEMPLATES).flat();
    const rendered = await jinja.render(all.map((template) => [template, VARIABLES]));
    for (const [index, template] of all.entries()) theirs.set(template, rendered[index] ?? { error: 'missing' });
  });
  afterAll(() => jinja.close());

  it.each(Object.keys(TEMPLATES))('%s', (group) => {
    const differences = (TEMPLATES[group] ?? []).flatMap((template) => {
      const expected = theirs.get(template) ?? { error: 'missing' };
      return difference(template, render(template, VARIABLES), expected) ?? [];
    });
    expect(differences.join('\n')).toBe('');
  });
});
