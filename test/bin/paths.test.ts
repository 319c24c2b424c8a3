import { describe, expect, it } from 'vitest';
import { CHAT, COMPLETIONS, pathsOf } from '../../bin/cli/paths.ts';
import type { TaskEntry } from '../../lib/catalogue/entry.ts';

const entry = (name: string, output_type: string): TaskEntry => ({
  name,
  yaml: '',
  config: new Map([['output_type', output_type]]),
  problem: null,
});
const catalogue = {
  find: async (name: string) => (name === 'twinned_generative' ? entry(name, 'generate_until') : null),
};

describe('the paths that validate, audit and lock take a task on', () => {
  it.each([
    ['a', 'generate_until', [CHAT, COMPLETIONS]],
    ['a', 'multiple_choice', [COMPLETIONS]],
    ['twinned', 'multiple_choice', [CHAT, COMPLETIONS]],
    ['a', 'loglikelihood', [COMPLETIONS]],
  ])('are those that it can be asked on: %s, %s', async (name, type, paths) => {
    expect(await pathsOf(entry(name, type), undefined, catalogue)).toEqual(paths);
    expect(await pathsOf(entry(name, type), CHAT, catalogue)).toEqual([CHAT]);
  });
});
