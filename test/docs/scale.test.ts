import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { MEASURED } from '../../bin/scale-figures.ts';
import { LIMITS, loadOf, walls } from '../../bin/scale-model.ts';
import { scalePage } from '../../bin/scale-page.ts';
import { readServiceFile } from '../../localstack/service-file.ts';

const ROOT = join(import.meta.dirname, '..', '..');

it('the page is what the model says (npm run docs)', () => {
  expect(readFileSync(join(ROOT, 'docs', 'scale.md'), 'utf8')).toBe(scalePage());
});

it('the page names the run of each column of its model', () => {
  for (const { run } of Object.values(MEASURED)) expect(scalePage()).toContain(run);
});

it('the model has the concurrency of serverless.yml', () => {
  const { functions } = readServiceFile(ROOT);
  const of = (name: string) => functions.find((known) => known.name === name)?.queue?.maximumConcurrency;
  expect([of('sample'), of('shard'), of('register')]).toEqual([
    LIMITS.sampleConcurrency,
    LIMITS.shardConcurrency,
    LIMITS.registerConcurrency,
  ]);
});

describe.each(['alone', 'together'] as const)('requests that come %s', (way) => {
  it('cost twice as much of twice the suppliers, and of twice the tasks', () => {
    const { month } = loadOf({ suppliers: 10, tasks: 5 }, way);
    expect([loadOf({ suppliers: 20, tasks: 5 }, way).month, loadOf({ suppliers: 10, tasks: 10 }, way).month]).toEqual([
      expect.closeTo(2 * month, 9),
      expect.closeTo(2 * month, 9),
    ]);
  });

  it('make 3,600 in an hour of one a second, and no wall is nearer than the first', () => {
    const { requests, rate, mongoCommands } = loadOf({ suppliers: 3600, tasks: 1 }, way);
    expect([requests, rate]).toEqual([3600, 1]);
    expect(mongoCommands).toBeGreaterThan(0);
    const rates = walls(way).map((wall) => wall.rate);
    expect(Math.min(...rates)).toBe(rates[0]);
  });
});

it('ten together cost less than each alone: Lambda, commands, processors and dollars', () => {
  const [alone, together] = [
    loadOf({ suppliers: 100, tasks: 10 }, 'alone'),
    loadOf({ suppliers: 100, tasks: 10 }, 'together'),
  ];
  for (const part of ['gbSeconds', 'mongoCommands', 'mongoCores', 'month'] as const) {
    expect(together[part]).toBeLessThan(alone[part]);
  }
});
