import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parquetOf, type Row } from './parquet.ts';

const ANSWERS = ['False', 'True'];

/**
 * Data sets of our own making: under the paths that tasks of the harness read, and those of our own tasks in own/tasks. Hostile
 * where a data set could be.
 */
const DATASETS: Readonly<Record<string, Readonly<Record<string, readonly Row[]>>>> = {
  'gsm8k/main': {
    train: rows(40, (i) => ({
      question: `Ann has ${i} pens and buys ${i + 2}. How many?`,
      answer: `${i}+${i + 2}=${2 * i + 2}\n#### ${2 * i + 2}`,
    })),
    test: rows(25, (i) => ({ question: `{{ ${i} }} "Zoë" 🚀\r\n\tnext\u2028line ${i}? `, answer: `#### ${i}` })),
  },
  'SaylorTwift/bbh/boolean_expressions': {
    test: rows(12, (i) => ({ input: `not ( ${ANSWERS[i % 2]} ) is\u00a0 `, target: ANSWERS[(i + 1) % 2] ?? '' })),
  },
  'cais/mmlu/anatomy': mmlu('anatomy'),
  'hails/mmlu_no_train/anatomy': mmlu('anatomy'),
  'own/capitals/default': {
    train: rows(8, (i) => ({ country: ` Land ${i} `, capital: `Town\u00a0${i}`, millions: i + 0.25 })),
    test: rows(8, (i) => ({
      country: `“Länd” ${i}`,
      capital: i % 2 ? '[0, 3]' : 'Örtchen 🚀',
      millions: 1e16 / (i + 1),
    })),
  },
  'own/rivers/long': {
    validation: rows(1, river),
    test: rows(5, river),
    dev: rows(3, (i) => ({ ...river(i), question: `Where does river ${i} end?\n` })),
  },
  'own/moons/default': {
    train: rows(6, (i) => ({ planet: `Planet ${i}`, moons: i })),
    validation: rows(5, (i) => ({ planet: `Welt\t"${i}"`, moons: 10 * i })),
  },
  'own/colours/default': {
    train: rows(5, (i) => ({ thing: `Stone ${i}`, options: ['red', ' blue', 'grün'], label: i % 3 })),
    test: rows(4, (i) => ({
      thing: `  Leaf ${i}\r\n`,
      options: i % 2 ? ['red', '', '{{green}}'] : ['red', ' blue'],
      label: i % 2,
    })),
  },
  'own/gaps/default': {
    train: rows(4, gap),
    validation: rows(3, gap),
  },
};

function river(i: number): Row {
  return { question: `River ${i} "ends" in\u2028`, seas: i % 2 ? ["'North'", "'South'"] : [`${i}`, '2.50'] };
}

function gap(i: number): Row {
  return { before: `The ${i}. `, first: 'cat', second: 'dog ', after: ` sleeps\u001f`, pick: i % 2 };
}

function mmlu(subject: string): Record<string, Row[]> {
  const row = (i: number): Row => ({
    question: `  Which is number ${i}?  `,
    subject,
    choices: [`${i}`, 'none', `"${i + 1}"`, 'all \\ of them'],
    answer: i % 4,
  });
  return { test: rows(10, row), validation: rows(3, row), dev: rows(5, row) };
}

function rows(count: number, make: (i: number) => Row): Row[] {
  return Array.from({ length: count }, (_, i) => make(i));
}

/** Writes the data sets in the bucket's layout into a new folder. Returns the folder. */
export function writeOwnDatasets(): string {
  const folder = mkdtempSync(join(tmpdir(), 'sampler-data-'));
  for (const [dataset, splits] of Object.entries(DATASETS)) {
    for (const [split, records] of Object.entries(splits)) {
      const file = join(folder, dataset, split, '0000.parquet');
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, parquetOf(records));
    }
  }
  return folder;
}
