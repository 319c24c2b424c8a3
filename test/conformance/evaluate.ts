import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Catalogue } from '../../lib/catalogue/catalogue.ts';
import { wheelCatalogue } from '../../lib/catalogue/staging/wheel-catalogue.ts';
import type { SandboxTransport } from '../../lib/sandbox/client.ts';
import { testSandbox } from '../helpers/sandbox.ts';
import type { Verdict } from './evaluate/lines.ts';
import { logprobs, logprobsLive } from './evaluate/logprobs.ts';
import { models } from './evaluate/models.ts';
import { mathematics, opener } from './evaluate/python.ts';
import { scores } from './evaluate/score.ts';
import { edges, endToEnd, TaskBench } from './evaluate/tasks.ts';
import { gold, units } from './evaluate/units.ts';

const WHEEL = join(import.meta.dirname, '..', '..', '.cache', 'harness', 'lm_eval-0.4.9-py3-none-any.whl');
/** Differences printed per file; the rest is counted. */
const SHOWN = 20;

/** What comparing may need; the MongoDB is started when first asked for. */
interface Scoring {
  readonly catalogue: Catalogue;
  readonly sandbox: SandboxTransport;
  readonly tasks: () => Promise<TaskBench>;
}

type Comparison = (path: string, bench: Scoring) => AsyncGenerator<Verdict>;

async function* overTasks(
  compare: (path: string, bench: TaskBench) => AsyncGenerator<Verdict>,
  path: string,
  { tasks }: Scoring,
) {
  yield* compare(path, await tasks());
}

/** What compares a file, by its name; any part of such a file's lines can be compared. */
const COMPARISONS: readonly (readonly [RegExp, Comparison])[] = [
  [/^models\.jsonl$/, models],
  [/^units__filters_metrics\.jsonl$/, units],
  [/^units__gold\.jsonl$/, gold],
  [
    /^(score|choice)__.+\.jsonl$/,
    (path, { catalogue, sandbox }) => scores(path, (name) => catalogue.find(name), opener(catalogue, sandbox)),
  ],
  [/^results__.+\.jsonl$/, (path, bench) => overTasks(endToEnd, path, bench)],
  [/^edge__.+\.jsonl$/, (path, bench) => overTasks(edges, path, bench)],
  [/^units__math\.jsonl$/, (path, { catalogue, sandbox }) => mathematics(path, catalogue, sandbox)],
  [/^logprobs\.jsonl$/, logprobs],
  [/^logprobs_live\.jsonl(\.gz)?$/, logprobsLive],
];

/** Scores what is in a folder and checks it against what the harness and the Python evaluator made of it. */
export async function conformance(dir: string): Promise<boolean> {
  const total = { equal: 0, different: 0, correction: 0, 'not run': 0 };
  const sandbox = await testSandbox();
  const bench = openScoring(await wheel(), sandbox);
  try {
    for (const name of readdirSync(dir).sort()) {
      const compare = COMPARISONS.find(([pattern]) => pattern.test(name))?.[1];
      if (!compare) {
        if (/\.jsonl(\.gz)?$/.test(name)) console.log(`${name}: not a kind of file that is compared here`);
        continue;
      }
      const count = { equal: 0, different: 0, correction: 0, 'not run': 0 };
      for await (const verdict of compare(join(dir, name), bench)) {
        count[verdict.outcome]++;
        if (verdict.outcome === 'equal' || count[verdict.outcome] > SHOWN) continue;
        console.log(`${verdict.outcome}: ${verdict.what}: ${verdict.why}`);
      }
      console.log(`${name}: ${tally(count)}`);
      for (const outcome of ['equal', 'different', 'correction', 'not run'] as const) total[outcome] += count[outcome];
    }
  } finally {
    await bench.close();
    sandbox[Symbol.dispose]();
  }
  if (total.correction > 0) console.log(`${total.correction} deliberate corrections (docs/migration.md)`);
  if (total['not run'] > 0) console.log(`${total['not run']} not run`);
  console.log(`${total.equal} equal, ${total.different + total['not run']} different`);
  return total.different + total['not run'] === 0;
}

function tally(count: Readonly<Record<Verdict['outcome'], number>>): string {
  return Object.entries(count)
    .filter(([outcome, number]) => number > 0 || outcome === 'equal')
    .map(([outcome, number]) => `${number} ${outcome}`)
    .join(', ');
}

function openScoring(catalogue: Catalogue, sandbox: SandboxTransport): Scoring & { close(): Promise<void> } {
  let opened: Promise<TaskBench> | undefined;
  return {
    catalogue,
    sandbox,
    tasks() {
      opened ??= TaskBench.open(catalogue, sandbox);
      return opened;
    },
    close: async () => (await opened)?.close(),
  };
}

async function wheel(): Promise<Catalogue> {
  if (!existsSync(WHEEL)) throw new Error(`${WHEEL} is missing; npm start fetches it`);
  return wheelCatalogue(WHEEL);
}
