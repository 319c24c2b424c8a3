import { expect, it } from 'vitest';
import type { Doc } from '../../lib/python/value.ts';
import { RenderClock } from '../../lib/task/clock.ts';
import { prepareSlice } from '../../lib/task/slice.ts';
import { errorOf } from '../helpers/error-of.ts';
import { docOf, settingsOf, taskOf } from './own-task.ts';

const forEver = (clock: RenderClock) => () => {
  for (;;) clock.look();
};

it('a document that takes longer than it may is refused for good, by name', () => {
  const clock = new RenderClock(1, 20);
  expect(errorOf(() => clock.run('Task t, document 7', forEver(clock)))).toMatchObject({
    code: 'TemplateFailed',
    permanent: true,
    message: expect.stringMatching(/^Task t, document 7: rendering takes more than 20 ms/),
  });
});

it('a shard whose documents take their whole time is refused before the last of them', () => {
  const clock = new RenderClock(250, 20);
  const messages = Array.from({ length: 30 }, () => String(errorOf(() => clock.run('Task t', forEver(clock)))));
  expect(messages.at(-1)).toContain('too long to render together');
});

it('a document that the others of its shard left little time is not blamed for it', () => {
  const clock = new RenderClock(1, 20);
  const end = performance.now() + 7;
  clock.run('Task t', () => {
    while (performance.now() < end);
  });
  const messages = Array.from({ length: 20 }, () => errorOf(() => clock.run('Task t', forEver(clock))).message);
  const alone = 'Task t: rendering takes more than 20 ms';
  const together = 'Task t: the documents of its shard take too long to render together';
  expect(
    messages.map((message) => message.replace(/ \(limit\)$/, '')).filter((one) => one !== alone && one !== together),
  ).toEqual([]);
  expect(messages.at(-1)).toContain(together);
});

it('documents that take their time one by one are all rendered', () => {
  const clock = new RenderClock(1, 1000);
  expect(Array.from({ length: 100 }, (_, i) => clock.run('Task t', () => i))).toHaveLength(100);
});

const HOSTILE = [
  "{% for i in range(10**9) %}{% if (q * 20000 ~ 'b' ~ q * 20000) in q * 99999 %}{% endif %}{% endfor %}",
  "{{ (q * 40 ~ 'b')|regex_replace('(a+)+$', '') }}",
  '{% for i in range(10**9) %}{% set x = (3**30000)|round(-9000) %}{% endfor %}',
];

it('twenty honest shards behind three hostile ones are rendered in full, the hostile ones refused', () => {
  const docs = Array.from({ length: 50 }, (_, id) => docOf(id, { q: 'a', a: 'b' }));
  const started = performance.now();
  const refused = HOSTILE.map((text) => errorOf(() => renderAll(text, docs)));
  const rendered = Array.from({ length: 20 }, () => renderAll('Q: {{ q|upper }}', docs));
  const seconds = (performance.now() - started) / 1000;
  console.log(`3 hostile and 20 honest shards, one after the other: ${seconds.toFixed(1)} s`);
  for (const error of refused) expect(error).toMatchObject({ code: 'TemplateFailed', permanent: true });
  expect(rendered).toEqual(Array.from({ length: 20 }, () => docs.length));
});

function renderAll(text: string, docs: readonly Doc[]): number {
  const config = taskOf({ doc_to_text: text });
  const docIds = [...docs.keys()];
  const splits = new Map([['test', { min: 0, count: docs.length }]]);
  const rendering = { config, settings: settingsOf(config, {}), evalSplit: 'test' };
  const render = prepareSlice(rendering, splits, { offset: 0, docIds }).renderer({ get: (id) => docs[id] });
  return docIds.flatMap((position) => render(position)).length;
}
