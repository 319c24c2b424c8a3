import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { auditTask } from '../../lib/audit/audit.ts';
import type { SandboxTransport } from '../../lib/sandbox/client.ts';
import { testSandbox } from '../helpers/sandbox.ts';
import { everything, ownTask, type Row } from './own-task.ts';

/** What a definition of the harness's kind does in Python. */
const MODULE = `
import datasets

def text(doc):
    return "Who wrote " + doc["title"] + "?"

def unfilled(doc):
    return "Who wrote {title}, " + doc["title"] + "?"

def each_answer(dataset):
    made = {name: [] for name in dataset.features}
    for row in dataset:
        for author in row["authors"]:
            for name in made:
                made[name].append(author if name == "authors" else row[name])
    return datasets.Dataset.from_dict(made)

def twice(dataset):
    return datasets.concatenate_datasets([dataset, dataset])

def each_order(dataset):
    def repeat(batch):
        count = len(batch["title"])
        made = {name: [value for value in values for _ in range(2)] for name, values in batch.items()}
        made["authors"] = [names if at % 2 else names[::-1] for at, names in enumerate(made["authors"])]
        made["order"] = list(range(2)) * count
        return made
    return dataset.map(repeat, batched=True)

def alike(dataset):
    def change(row):
        return {**row, "title": "this book"}
    return dataset.map(change)

def breaks(doc):
    return doc["title"] if doc["number"] != 2 else doc["isbn"]
`;

const BOOKS: readonly Row[] = [
  { number: 1, title: 'the song of the reed', authors: ['Ana Lund', 'Ole Berg'] },
  { number: 2, title: 'a winter in the harbour', authors: ['Mira Holt'] },
  { number: 3, title: 'nine maps', authors: ['Ida Fell', 'Jon Roe'] },
];

const ASKS = 'doc_to_text: !function own.text\n';
const SINGLE = '{{authors}}';
const LIST = "{{authors | join(' and ')}}";

describe('an audit of a task with Python functions', () => {
  let sandbox: SandboxTransport & Disposable;
  beforeAll(async () => {
    sandbox = await testSandbox();
  }, 240_000);
  afterAll(() => sandbox?.[Symbol.dispose]());

  const audit = async (fields: string, target: string, rows: readonly Row[] = BOOKS) => {
    const yaml = `${fields}doc_to_target: ${JSON.stringify(target)}\n`;
    const { services, entry } = await ownTask(yaml, rows, { modules: { 'own.py': MODULE }, sandbox });
    return await auditTask(services, everything('/v1/chat/completions'), entry);
  };

  it('finds nothing where there is nothing', async () => {
    expect(await audit(ASKS, LIST)).toEqual({ documents: 3, findings: [] });
  });

  it.each(['each_answer', 'twice', 'each_order'])(
    'takes documents that a function made of one row for one question (%s)',
    async (name) => {
      const process = `process_docs: !function own.${name}\n`;
      const { documents, findings } = await audit(process + ASKS, name === 'each_answer' ? SINGLE : LIST);
      expect([documents > BOOKS.length, findings]).toEqual([true, []]);
    },
  );

  it('finds the same question in two rows, whichever documents are made of them', async () => {
    const rows = [...BOOKS, { number: 4, title: 'nine maps', authors: ['Eva Moe'] }];
    const { findings } = await audit(`process_docs: !function own.each_answer\n${ASKS}`, SINGLE, rows);
    expect(findings).toMatchObject([{ kind: 'same-prompt', doc_ids: [3, 4, 5], count: 3 }]);
    expect(findings[0]?.message).toContain('gold answers differ');
  });

  it('finds what functions make of the questions', async () => {
    const alike = await audit(`process_docs: !function own.alike\n${ASKS}`, LIST);
    expect(alike.findings).toMatchObject([
      { kind: 'same-prompt', count: 3, message: expect.stringMatching(/all 3 documents/) },
    ]);
    const unfilled = await audit('doc_to_text: !function own.unfilled\n', LIST);
    expect(unfilled.findings).toMatchObject([
      { kind: 'unfilled', count: 3, message: expect.stringMatching(/\{title\} as plain text/) },
    ]);
    const broken = await audit('doc_to_text: !function own.breaks\n', LIST);
    expect(broken.findings).toMatchObject([
      { kind: 'unrenderable', doc_ids: [4], message: expect.stringMatching(/isbn/) },
    ]);
  });
});
