import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Rows of a split: as many as make each function of Python's that they use worth compiling. */
const ROWS = 120;
const PATH = 'typical.py';
const VERBS = ['rinses', 'dries', 'sells', 'paints'];
const COLUMNS = ['topic', 'begin', 'rest', 'ends', 'kind', 'label', 'year', 'share', 'known'];

/**
 * Requests to the runtime like those of registrations and of scoring, as texts of JSON, over made-up rows. What V8 compiles of Python
 * while a box answers them goes into the image.
 */
export function typicalRequests(): string[] {
  const file = readFileSync(join(import.meta.dirname, PATH), 'utf8');
  const named = (name: string) => ({ path: PATH, name });
  const typed = { topic: 'string', begin: 'string', rest: 'string', ends: ['list', 'string'], kind: 'string' };
  const process = (docs: string | null, types: object, fields: readonly string[], watch: boolean) => ({
    op: 'process',
    ...(watch ? { watch } : {}),
    functions: {
      ...(docs === null ? {} : { process_docs: named(docs) }),
      ...Object.fromEntries(fields.map((field) => [field, named(field)])),
    },
    splits: [
      {
        columns: COLUMNS,
        types: { ...nullTypes(), ...types },
        fields,
        asked: fields.slice(0, 2),
        count: ROWS,
        values: values(watch ? 'ö' : ''),
      },
    ],
  });
  const asked = ['text_of', 'target_of', 'choices_of', 'literal_of', 'evaluated', 'sorted_words'];
  const doc = { $dict: Object.entries({ topic: 'Washing a car', ends: VERBS, begin: 'A man.', label: '1' }) };
  const calls = Array.from({ length: 40 }, (_, i) => [
    { function: named('scored'), args: [doc, [`He is washing ${i} cars.`, 'No, a bike!']] },
    { function: named('text_of'), args: [doc] },
  ]);
  const requests = [
    { op: 'open', files: { [PATH]: file } },
    ...[true, false, true].flatMap((watch) => [
      process('rewritten', {}, [], watch),
      process('rewritten', typed, [], watch),
      process('chosen', {}, [], watch),
      process('second', typed, ['target_of'], watch),
      process('shuffled', {}, [], watch),
      process('multiplied', {}, [], watch),
      process(null, {}, asked, watch),
    ]),
    { op: 'call', calls: calls.flat() },
  ];
  return requests.map((request) => JSON.stringify(request));
}

function nullTypes(): Record<string, null> {
  return Object.fromEntries(COLUMNS.map((name) => [name, null]));
}

function values(letter: string): unknown[][] {
  const rows = Array.from({ length: ROWS }, (_, i) => [
    `Washing car number ${i}${letter}`,
    `A man takes bucket ${i} and a sponge out of the garage. [head] He goes around the car "twice".`,
    'then he',
    VERBS.map((verb) => `${verb} all of it [step] and looks at what he did, ${i}.`),
    i % 3 === 0 ? 'first' : 'second',
    String(i % 4),
    1900 + i,
    i / 7,
    i % 5 === 0 ? null : i % 2 === 0,
  ]);
  return COLUMNS.map((_, column) => rows.map((row) => row[column]));
}
