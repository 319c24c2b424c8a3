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

  it.each([
    ...['"a"', '[1]', '(1,)', '{}', '1', 'true', '1.5', 'none', 'range(3)', '{}.keys()', '{}.items()', '[]|map("abs")'],
    ...['range', 'dict', 'namespace', '"a".upper', '"a"|e', 'cycler(1)', 'joiner()'],
  ])('every attribute of %s is there or refused', async (value) => {
    const undone = (await jinja.attributes(value)).filter((name) => {
      const ours = render(`{{ (${value}).${name} is defined }}`, VARIABLES);
      return 'text' in ours ? ours.text !== 'True' : ours.error !== 'unsupported';
    });
    expect(undone).toEqual([]);
  });

  it.each(Object.keys(TEMPLATES))('%s', (group) => {
    const differences = (TEMPLATES[group] ?? []).flatMap((template) => {
      const expected = theirs.get(template) ?? { error: 'missing' };
      return difference(template, render(template, VARIABLES), expected) ?? [];
    });
    expect(differences.join('\n')).toBe('');
  });
});
