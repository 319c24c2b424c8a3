import { expect, it } from 'vitest';
import { decodeDict } from '../../lib/catalogue/config-value.ts';
import type { TaskEntry } from '../../lib/catalogue/entry.ts';
import { FunctionRef } from '../../lib/catalogue/function-ref.ts';
import { Logger } from '../../lib/log/log.ts';
import { loads } from '../../lib/python/json.ts';
import { checkScorable } from '../../lib/sample/unscored.ts';

const PATH = 'lm_eval/tasks/own/utils.py';
const catalogue = {
  sources: async () => new Map([[PATH, 'import nltk\n\n\ndef judge(doc, results):\n    return nltk.f(doc)\n']]),
};

function entryOf(metric: string, judged = false): TaskEntry {
  const definition = { task: 'own', output_type: 'generate_until', doc_to_target: '{{a}}', metric_list: [{ metric }] };
  const config = decodeDict(loads(JSON.stringify(definition)));
  if (judged) config.set('process_results', new FunctionRef('own', 'utils', 'judge'));
  return { name: 'own', yaml: 'own/own.yaml', config, problem: null };
}

it.each([
  ['metrics over many documents', entryOf('bleu'), /one number per document \(bleu\)/],
  ['a library that the sandbox lacks', entryOf('right', true), /library nltk/],
])(
  'a task that can not be scored is reported when it is asked for, or refused where that is set: %s',
  async (_, entry, why) => {
    const lines: string[] = [];
    await checkScorable(catalogue, entry, false, new Logger('warn', {}, (line) => lines.push(line)));
    expect(lines).toEqual([expect.stringMatching(why)]);
    await expect(checkScorable(catalogue, entry, true, new Logger('error'))).rejects.toMatchObject({
      code: 'UnsupportedTask',
      message: expect.stringMatching(why),
    });
  },
);

it('a task that can be scored is not told of', async () => {
  const lines: string[] = [];
  await checkScorable(catalogue, entryOf('exact_match'), true, new Logger('warn', {}, (line) => lines.push(line)));
  expect(lines).toEqual([]);
});
