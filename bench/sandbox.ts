/**
 * What Python functions cost: a box's start from its image, and rows a second of its processor time through a `process_docs` that
 * rewrites each (hellaswag) and through one that filters (global_mmlu), by the harness's own functions. Beside each figure stand
 * its floors, of the same run: the parts of a start (sandbox-start.ts), JSON read and written by the box's Python, and the
 * functions' own Python over plain dicts between the two.
 */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeBoxImage } from '../deploy/box-image.ts';
import { FunctionRef } from '../lib/catalogue/function-ref.ts';
import { modulePath } from '../lib/catalogue/sources.ts';
import { wheelCatalogue } from '../lib/catalogue/staging/wheel-catalogue.ts';
import { filesOf, inPortionsOrTogether, runFunctions, type TaskToRun } from '../lib/processed/run.ts';
import { dumps } from '../lib/python/json.ts';
import type { Doc } from '../lib/python/value.ts';
import { Box } from '../lib/sandbox/box.ts';
import { openSandbox } from '../lib/sandbox/client.ts';
import { localSandbox } from '../lib/sandbox/local.ts';
import { partsOfStart } from './sandbox-start.ts';
import { median } from './services.ts';

const ROOT = join(import.meta.dirname, '..');
const WHEEL = join(ROOT, '.cache', 'harness', 'lm_eval-0.4.9-py3-none-any.whl');
/** So many that a start, which is taken off and differs from one to the next by a fifth, is little beside them. */
const ROWS = 40_000;
const STARTS = 5;
const TICK_MS = 1000 / Number(execFileSync('getconf', ['CLK_TCK']).toString());
const BARE = `import json

def again(text, times=1):
    for _ in range(times):
        given = json.dumps(json.loads(text))
    return len(given)
`;
/** Goes over plain dicts with a module's `process_docs`: no types, no watch, no telling of what differs. */
const PLAIN = `import importlib.util, json

class Rows(list):
    def map(self, function, **_):
        return Rows({**row, **function(row)} for row in self)

    def filter(self, function, **_):
        return Rows(row for row in self if function(row))

loaded = {}

def through(text, times, path, name):
    if path not in loaded:
        spec = importlib.util.spec_from_file_location('utils', '/harness/' + path)
        loaded[path] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(loaded[path])
    for _ in range(times):
        given = json.dumps(getattr(loaded[path], name)(Rows(json.loads(text))))
    return len(given)
`;
/** Rows of a call. */
const PORTION = 1000;

const image = await makeBoxImage(ROOT, (line) => console.log(line));
const catalogue = await wheelCatalogue(WHEEL);
const sources = await catalogue.sources();

/** Texts of the lengths of hellaswag's. */
const hellaswag = (i: number): Doc =>
  new Map(
    Object.entries({
      __id: BigInt(i),
      ind: BigInt(i),
      activity_label: `Washing car number ${i}`,
      ctx_a: `A man takes bucket ${i} and a sponge out of the garage. [title] He goes around the car twice.`,
      ctx_b: 'then he',
      ctx: 'A man takes a bucket and a sponge.',
      endings: ['rinses', 'dries', 'sells', 'paints'].map(
        (verb) => `${verb} all of it [step] and looks at what he did, ${i}.`,
      ),
      source_id: `house~${i}`,
      split: 'val',
      split_type: 'indomain',
      label: String(i % 4),
    }),
  );

const globalMmlu = (i: number): Doc =>
  new Map(
    Object.entries({
      __id: BigInt(i),
      sample_id: `algebra/test/${i}`,
      subject: 'algebra',
      subject_category: ['STEM', 'Business', 'Medical', 'Other'][i % 4] ?? '',
      question: `Which of these is the same as the sum of ${i} and its half, taken twice and written in full?`,
      option_a: `${i}`,
      option_b: `${2 * i}`,
      option_c: `${3 * i}`,
      option_d: `${4 * i}`,
      answer: 'C',
      cultural_sensitivity_label: i % 2 === 0 ? 'CA' : 'CS',
      is_annotated: true,
    }),
  );

const starts: Awaited<ReturnType<typeof coldStart>>[] = [];
for (let i = 0; i < STARTS; i++) starts.push(await coldStart());
const box = { cpu: median(starts.map(({ cpu }) => cpu)), wall: median(starts.map(({ wall }) => wall)) };
console.log(
  `start of a box, up to the first answer (median of ${STARTS}): ${box.cpu.toFixed(0)} ms of processor time, ${box.wall.toFixed(0)} ms by the clock`,
);
const probe = await Box.start(image);
console.log(`  V8's code of Python in the image: ${probe.code}`);
probe.kill();
for (const line of partsOfStart(image)) console.log(`  ${line}`);
await through('a process_docs that rewrites (hellaswag)', 'hellaswag', 'validation', hellaswag);
await through('a process_docs that filters (global_mmlu_en_stem)', 'global_mmlu_en_stem', 'test', globalMmlu);

async function coldStart(): Promise<{ cpu: number; wall: number }> {
  const sandbox = localSandbox(image);
  const session = openSandbox(sandbox, { task: 'bench', files: new Map([['bench.py', BARE]]) });
  const started = performance.now();
  await session.call([{ function: { path: 'bench.py', name: 'again' }, args: ['[]'] }]);
  const cost = { cpu: boxes().cpu, wall: performance.now() - started };
  session.close();
  sandbox[Symbol.dispose]();
  return cost;
}

/** Prints rows a second, beside the floor, and the box's memory. */
async function through(what: string, task: string, split: string, row: (i: number) => Doc): Promise<void> {
  const rows = Array.from({ length: ROWS }, (_, i) => row(i));
  const entry = await catalogue.find(task);
  if (entry === null) throw new Error(`the harness has no task ${task}`);
  const ref = catalogue.requireSupported(entry).process_docs;
  if (!(ref instanceof FunctionRef)) throw new Error(`${task} has no process_docs`);
  const toRun: TaskToRun = {
    task,
    functions: new Map([['process_docs', ref]]),
    splits: [{ split, fields: [] }],
    samples: { docs: [], fields: [] },
    sources,
  };
  const columns = [...(rows[0]?.keys() ?? [])].filter((name) => name !== '__id');
  const given = {
    columns,
    types: columns.map(() => null),
    async *rows() {
      yield rows;
    },
  };
  const sandbox = localSandbox(image);
  let documents = 0;
  let peakMb = 0;
  const started = performance.now();
  await inPortionsOrTogether(async (together) => {
    documents = 0;
    for await (const { docs } of runFunctions(sandbox, toRun, () => given, together)) {
      documents += docs.length;
      peakMb = Math.max(peakMb, boxes().peakMb);
    }
  });
  const wall = performance.now() - started;
  const used = boxes();
  sandbox[Symbol.dispose]();
  const files = new Map([...filesOf(toRun), ['bench.py', BARE], ['plain.py', PLAIN]]);
  const inAndOut = await floorOf(rows, files, 'bench.py', 'again');
  const plain = await floorOf(rows, files, 'plain.py', 'through', modulePath(ref, sources), ref.name);
  const each = (ms: number) => ((ROWS * 1000) / ms).toFixed(0);
  console.log(
    `${what}: ${ROWS} rows, ${documents} documents, ${each(used.cpu - box.cpu)} rows/s of the box's processor time (start left out), ` +
      `${each(wall)} by the clock; floors in a box: its own Python over plain dicts, JSON in and out ${each(plain)}, JSON in and out alone ${each(inAndOut)}; peak ${peakMb.toFixed(0)} MB`,
  );
}

/**
 * Processor time that a function takes for rows as JSON: what going over them five times takes more than once, by five less one,
 * so that neither the start nor the way of the text into the box counts. Milliseconds.
 */
async function floorOf(...given: Parameters<typeof floorTimes> extends [number, ...infer Rest] ? Rest : never) {
  const [five, one] = [await floorTimes(5, ...given), await floorTimes(1, ...given)];
  return (five - one) / 4;
}

async function floorTimes(
  times: number,
  rows: readonly Doc[],
  files: ReadonlyMap<string, string>,
  path: string,
  name: string,
  ...more: string[]
): Promise<number> {
  const sandbox = localSandbox(image);
  const session = openSandbox(sandbox, { task: 'bench', files });
  for (let i = 0; i < rows.length; i += PORTION) {
    const bare = rows.slice(i, i + PORTION).map((row) => new Map([...row].filter(([column]) => column !== '__id')));
    const [result] = await session.call([{ function: { path, name }, args: [dumps(bare), BigInt(times), ...more] }]);
    if (result === undefined || 'error' in result) throw new Error(`the floor's function fails: ${result?.message}`);
  }
  const { cpu } = boxes();
  session.close();
  sandbox[Symbol.dispose]();
  return cpu;
}

/** Processor time and largest memory of this process's boxes that live. */
function boxes(): { cpu: number; peakMb: number } {
  let cpu = 0;
  let peakMb = 0;
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      if (Number(fields[1]) !== process.pid) continue;
      const peak = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1];
      cpu += (Number(fields[11]) + Number(fields[12])) * TICK_MS;
      peakMb = Math.max(peakMb, Number(peak ?? 0) / 1024);
    } catch {
      // It has just ended.
    }
  }
  return { cpu, peakMb };
}
