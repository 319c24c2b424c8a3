/** Evaluates one task in a process of its own, for bench/evaluate.ts: `node bench/evaluate-once.ts MONGODB_URI TASK_ID`. */
import { loadavg } from 'node:os';
import { decodeDict } from '../lib/catalogue/config-value.ts';
import { createMongo } from '../lib/clients/mongo.ts';
import { evaluateTask } from '../lib/evaluate/evaluate.ts';
import { Ledger } from '../lib/ledger/ledger.ts';
import { Logger } from '../lib/log/log.ts';
import { loads } from '../lib/python/json.ts';

const extract = (group_select: number, regex_pattern: string) => [
  { function: 'regex', regex_pattern, group_select },
  { function: 'take_first' },
];
/** As much work as gsm8k's definition: two filters, and a metric with four patterns. */
const DEFINITION = {
  task: 'made_up',
  dataset_path: 'made_up',
  test_split: 'test',
  output_type: 'generate_until',
  doc_to_text: '{{question}}',
  doc_to_target: '{{answer}}',
  filter_list: [
    { name: 'first', filter: extract(0, 'makes (-?[0-9.,]+)') },
    { name: 'flexible-extract', filter: extract(-1, '(-?[$0-9.,]{2,})|(-?[0-9]+)') },
  ],
  metric_list: [{ metric: 'exact_match', ignore_case: true, regexes_to_ignore: [',', '\\$', '(?s).*#### ', '\\.$'] }],
};

const [uri = '', id = ''] = process.argv.slice(2);
const mongo = createMongo(uri);
const db = mongo.db();
const entry = { name: 'made_up', yaml: '', config: decodeDict(loads(JSON.stringify(DEFINITION))), problem: null };
const catalogue = {
  source: 'the bench',
  index: new Map(),
  find: async () => entry,
  requireSupported() {
    throw new Error('not asked for');
  },
  sources: async () => new Map(),
};
const services = {
  mongo,
  db,
  ledger: new Ledger(db, 1000),
  catalogue: async () => catalogue,
  evaluatedQueue: { send: async () => {} },
};
const cpu = process.cpuUsage();
const started = performance.now();
const { documents } = await evaluateTask(services, id, new Logger('error'));
const ms = performance.now() - started;
const { user, system } = process.cpuUsage(cpu);
await mongo.close();
const perSecond = (milliseconds: number) => Math.round((documents * 1000) / milliseconds);
console.log(
  `${documents} responses read, scored and written in ${(ms / 1000).toFixed(2)} s: ${perSecond(ms)} a second, ` +
    `${perSecond((user + system) / 1000)} a second of this process's CPU, peak memory ${Math.round(process.resourceUsage().maxRSS / 1024)} MB; ` +
    `reading and parsing them alone took ${(Number(process.env['BASELINE_MS']) / 1000).toFixed(2)} s (load ${loadavg()[0]?.toFixed(1)})`,
);
