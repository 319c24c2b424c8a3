import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { wheelCatalogue } from '../../lib/catalogue/staging/wheel-catalogue.ts';
import { testSandbox } from '../helpers/sandbox.ts';
import type { Verdict } from './evaluate/lines.ts';
import { logprobs, logprobsLive } from './evaluate/logprobs.ts';
import { models } from './evaluate/models.ts';
import { mathematics, opener } from './evaluate/python.ts';
import { scores } from './evaluate/score.ts';
import { gold, units } from './evaluate/units.ts';

const WHEEL = join(import.meta.dirname, '..', '..', '.cache', 'harness', 'lm_eval-0.4.9-py3-none-any.whl');
const FOLDER = join(import.meta.dirname, '..', '..', '..', 'shared', 'golden-evaluate');

it.skipIf(!existsSync(FOLDER)).each<[string, (path: string) => AsyncGenerator<Verdict>]>([
  ['models.jsonl', models],
  ['units__filters_metrics.jsonl', units],
  ['units__gold.jsonl', gold],
  ['logprobs.jsonl', logprobs],
  ['logprobs_live.jsonl.gz', logprobsLive],
])(
  '%s is as the harness and the Python evaluator made it (skipped where ../shared is missing)',
  async (name, compare) => {
    await expectEqual(compare(join(FOLDER, name)));
  },
);

it.skipIf(!existsSync(FOLDER))(
  'mathematics is judged in the sandbox as the harness judges it (skipped where ../shared is missing)',
  async () => {
    const catalogue = await wheelCatalogue(WHEEL);
    const sandbox = await testSandbox();
    const find = (name: string) => catalogue.find(name);
    await expectEqual(mathematics(join(FOLDER, 'units__math.jsonl'), catalogue, sandbox));
    const task = join(FOLDER, 'score__leaderboard_math_algebra_hard.jsonl');
    // The rest, among it answers that run into time-outs, is for `npm run conformance -- evaluate`.
    await expectEqual(scores(task, find, opener(catalogue, sandbox)), 60);
    sandbox[Symbol.dispose]();
  },
  300_000,
);

async function expectEqual(verdicts: AsyncGenerator<Verdict>, most = Number.POSITIVE_INFINITY): Promise<void> {
  const different: Verdict[] = [];
  let equal = 0;
  for await (const verdict of verdicts) {
    if (verdict.outcome === 'equal') equal++;
    else if (verdict.outcome !== 'correction') different.push(verdict);
    if (equal + different.length >= most) break;
  }
  expect(different).toEqual([]);
  expect(equal).toBeGreaterThan(0);
}
