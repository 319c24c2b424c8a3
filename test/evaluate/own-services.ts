import type { MongoClient } from 'mongodb';
import type { Catalogue } from '../../lib/catalogue/catalogue.ts';
import { decodeDict } from '../../lib/catalogue/config-value.ts';
import type { EvaluateServices } from '../../lib/evaluate/evaluate.ts';
import { Ledger } from '../../lib/ledger/ledger.ts';
import { loads } from '../../lib/python/json.ts';

/** A queue that keeps what is sent to it. */
export class KeptQueue {
  readonly bodies: string[] = [];
  /** For whom each of them is. */
  readonly sharers: (string | undefined)[] = [];
  async send(bodies: readonly string[], sharer?: string | readonly (string | undefined)[]): Promise<void> {
    this.bodies.push(...bodies);
    this.sharers.push(...bodies.map((_, n) => (Array.isArray(sharer) ? sharer[n] : sharer)));
  }
}

const extract = (group_select: number) => [
  { function: 'regex', regex_pattern: '(-?[0-9]+)', group_select },
  { function: 'take_first' },
];
const DEFINITION = {
  task: 'gsm8k',
  dataset_path: 'gsm8k',
  test_split: 'test',
  output_type: 'generate_until',
  doc_to_text: '{{question}}',
  doc_to_target: "{{answer.split('### ')[-1]}}",
  filter_list: [
    { name: 'strict-match', filter: extract(0) },
    { name: 'flexible-extract', filter: extract(-1) },
  ],
  metric_list: [{ metric: 'exact_match' }],
};

/** A catalogue that knows `gsm8k` alone, of our own making: the first and the last number of an answer. */
export const CATALOGUE: Catalogue = {
  source: 'the test',
  index: new Map(),
  async find(name) {
    if (name !== 'gsm8k') return null;
    return { name, yaml: '', config: decodeDict(loads(JSON.stringify(DEFINITION))), problem: null };
  },
  requireSupported() {
    throw new Error('not asked for here');
  },
  sources: async () => new Map(),
};

/** What evaluating needs, on a real MongoDB and a queue that keeps. */
export function servicesOn(mongo: MongoClient, evaluatedQueue: KeptQueue): EvaluateServices {
  const db = mongo.db();
  return { mongo, db, ledger: new Ledger(db, 1000), catalogue: async () => CATALOGUE, evaluatedQueue };
}
