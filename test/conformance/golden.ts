import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { dumps, loads } from '../../lib/python/json.ts';
import type { PyDict, PyValue } from '../../lib/python/value.ts';

/** Expected documents, made by the Python service and by the harness; not part of the repository. */
export const SHARED = join(import.meta.dirname, '..', '..', '..', 'shared');
const GOLDEN = join(SHARED, 'golden');
/** One request and what must come of it. */
export interface GoldenCase {
  readonly name: string;
  /** The message, ints and floats distinguished. */
  readonly params: PyDict;
  /** The service's configuration, as JSON. */
  readonly config: string;
}

/** Whether the expected documents are there. */
export const goldenAvailable = existsSync(join(GOLDEN, 'cases.json'));

/** The cases of the Python service that it carried out. */
export function goldenCases(): GoldenCase[] {
  if (!goldenAvailable) return [];
  const file = dict(loads(readFileSync(join(GOLDEN, 'cases.json'), 'utf8')));
  return [...dict(file.get('cases'))].flatMap(([name, value]) => {
    const golden = dict(value);
    if (golden.get('ok') !== true) return [];
    return [{ name: String(name), params: dict(golden.get('params')), config: dumps(golden.get('config') ?? null) }];
  });
}

/** The expected documents of a case, read so that ints, floats and the order of keys are kept. */
export function goldenDocuments(name: string): {
  task: PyDict;
  types: PyDict;
  lines: { docId: number; instance: PyDict; prompts: PyValue }[];
} {
  const [first = '', ...rest] = readLines(`${name}.jsonl`);
  const header = dict(loads(first));
  return {
    task: dict(header.get('task')),
    types: dict(header.get('bson_types')),
    lines: rest.map((line) => {
      const fields = dict(loads(line));
      return {
        docId: Number(fields.get('doc_id')),
        instance: dict(fields.get('instance')),
        prompts: fields.get('prompts') ?? null,
      };
    }),
  };
}

function dict(value: PyValue | undefined): PyDict {
  if (value instanceof Map) return value;
  throw new Error('an expected document is not an object');
}

const loglikelihoodHeader = z.object({
  task: z.string(),
  eval_split: z.string(),
  num_fewshot: z.number(),
  doc_ids: z.array(z.number()),
});
const loglikelihoodLine = z.object({
  doc_id: z.number(),
  index: z.number(),
  pairs: z.array(z.tuple([z.string(), z.string()])),
});

/** The harness's own requests of multiple-choice tasks, by file. */
export function loglikelihoodGoldens() {
  if (!goldenAvailable) return [];
  return readdirSync(GOLDEN)
    .filter((name) => name.startsWith('loglikelihood_'))
    .map((name) => {
      const [first = '', ...rest] = readLines(name);
      return {
        name,
        header: loglikelihoodHeader.parse(JSON.parse(first)),
        lines: rest.map((line) => loglikelihoodLine.parse(JSON.parse(line))),
      };
    });
}

function readLines(name: string): string[] {
  return readFileSync(join(GOLDEN, name), 'utf8')
    .split('\n')
    .filter((line) => line !== '');
}
