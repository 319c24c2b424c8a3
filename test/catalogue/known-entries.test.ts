import { expect, it } from 'vitest';
import { entryText, type TaskEntry } from '../../lib/catalogue/entry.ts';
import { KnownEntries } from '../../lib/catalogue/known-entries.ts';

function entryOf(name: string, description = ''): TaskEntry {
  return { name, yaml: 'own.yaml', config: new Map([['description', description]]), problem: null };
}

function keep(known: KnownEntries, entry: TaskEntry): string {
  const text = entryText(entry);
  known.keep(text, entry);
  return text;
}

it('finds a definition by its text alone, also inside a longer one', () => {
  const known = new KnownEntries();
  const entry = entryOf('a');
  const text = keep(known, entry);
  expect(known.find(text)).toBe(entry);
  expect(known.find(entryText(entryOf('a', 'changed')))).toBeUndefined();
  expect(known.findAt(`{"entry":${text},"b":1}`, 9)).toEqual({ entry, length: text.length });
  expect(known.findAt(`{"entry":${text},"b":1}`, 8)).toBeUndefined();
});

it('forgets what was used longest ago when there are many, or long ones', () => {
  const known = new KnownEntries();
  const first = keep(known, entryOf('first'));
  const second = keep(known, entryOf('second'));
  for (let i = 0; i < 98; i++) keep(known, entryOf(`task ${i}`));
  known.find(first);
  keep(known, entryOf('one more'));
  expect([known.find(first), known.find(second)].map((found) => found?.name)).toEqual(['first', undefined]);
  for (let i = 0; i < 12; i++) keep(known, entryOf(`long ${i}`, 'x'.repeat(90_000)));
  expect(known.find(first)).toBeUndefined();
  const tooLong = keep(known, entryOf('too long', 'x'.repeat(100_001)));
  expect(known.find(tooLong)).toBeUndefined();
});

it('keeps no definition whose own worked examples a template may change', () => {
  const known = new KnownEntries();
  const samples = [new Map([['choices', ['a']]])];
  const entry = { ...entryOf('a'), config: new Map([['fewshot_config', new Map([['samples', samples]])]]) };
  expect(known.find(keep(known, entry))).toBeUndefined();
});
