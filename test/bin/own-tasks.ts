import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parquetWriteBuffer } from 'hyparquet-writer';

/** A task of our own with its template next to it, drawing worked examples at random. */
const DEFINITIONS: Readonly<Record<string, string>> = {
  'sums/_template': `dataset_path: house/sums
training_split: train
test_split: test
fewshot_split: train
output_type: generate_until
doc_to_text: "{{question}} <b>& {{items}}</b>"
doc_to_target: "{{answer}}"
num_fewshot: 2
generation_kwargs: {until: ["\\n"], temperature: 0}
`,
  'sums/house_sums.yaml': 'include: _template\ntask: house_sums\n',
  // Fails on the documents without items.
  'sums/house_strict.yaml': 'include: _template\ntask: house_strict\ndoc_to_text: "{{1 // items}} {{question}}"\n',
};

/** Writes these files below a new folder. Returns the folder. */
export function writeFolder(files: Readonly<Record<string, string | Uint8Array>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'sampler-cli-'));
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
  return folder;
}

/** The definitions of `house_sums` and `house_strict`, in a folder. */
export function writeDefinitions(more: Readonly<Record<string, string>> = {}): string {
  return writeFolder({ ...DEFINITIONS, ...more });
}

/** A parquet file with questions; every `hollow`th has no items. */
export function questions(count: number, hollow = Number.POSITIVE_INFINITY): Uint8Array {
  const rows = Array.from({ length: count }, (_, i) => i);
  return new Uint8Array(
    parquetWriteBuffer({
      columnData: [
        { name: 'question', data: rows.map((i) => `What is ${i} plus ${i}?`), type: 'STRING' },
        { name: 'answer', data: rows.map((i) => String(2 * i)), type: 'STRING' },
        { name: 'items', data: rows.map((i) => (i % hollow === hollow - 1 ? 0 : i + 1)), type: 'INT32' },
      ],
    }),
  );
}

/** Their data set, in the bucket's layout: 12 training rows, then 30 test rows of which two have no items. */
export function writeQuestions(): string {
  return writeFolder({
    'house/sums/default/train/0000.parquet': questions(12),
    'house/sums/default/test/0000.parquet': questions(20, 13),
    'house/sums/default/test/0001.parquet': questions(10, 10),
  });
}
