import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parquetWriteBuffer } from 'hyparquet-writer';

type Row = Record<string, string | number | string[]>;

const ANSWERS = ['False', 'True'];

/** Data sets of our own making, under the paths that tasks of the harness read. Hostile where a data set could be. */
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
};

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
      writeFileSync(file, new Uint8Array(parquetOf(records)));
    }
  }
  return folder;
}

function parquetOf(records: readonly Row[]): ArrayBuffer {
  const names = Object.keys(records[0] ?? {});
  return parquetWriteBuffer({
    columnData: names.map((name) => ({ name, data: records.map((record) => record[name]) })),
  });
}
