import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Verdict } from './evaluate/lines.ts';
import { logprobs, logprobsLive } from './evaluate/logprobs.ts';
import { models } from './evaluate/models.ts';
import { gold, units } from './evaluate/units.ts';

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
    const different: Verdict[] = [];
    let equal = 0;
    for await (const verdict of compare(join(FOLDER, name))) {
      if (verdict.outcome === 'equal') equal++;
      if (verdict.outcome === 'different') different.push(verdict);
    }
    expect(different).toEqual([]);
    expect(equal).toBeGreaterThan(0);
  },
);
