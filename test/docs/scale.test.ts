import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { LIMITS, loadOf, scalePage, walls } from '../../bin/scale-page.ts';
import { readServiceFile } from '../../localstack/service-file.ts';

const ROOT = join(import.meta.dirname, '..', '..');

it('the page is what the model says (npm run docs)', () => {
  expect(readFileSync(join(ROOT, 'docs', 'scale.md'), 'utf8')).toBe(scalePage());
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

it('twice the suppliers cost twice as much, and so do twice the tasks', () => {
  const { month } = loadOf({ suppliers: 10, tasks: 5 });
  expect([loadOf({ suppliers: 20, tasks: 5 }).month, loadOf({ suppliers: 10, tasks: 10 }).month]).toEqual([
    expect.closeTo(2 * month, 9),
    expect.closeTo(2 * month, 9),
  ]);
});

it('an hour of one request a second makes 3,600, which MongoDB is sent a command for, and no wall is nearer than the first', () => {
  const { requests, rate, mongoCommands } = loadOf({ suppliers: 3600, tasks: 1 });
  expect([requests, rate]).toEqual([3600, 1]);
  expect(mongoCommands).toBeGreaterThan(1);
  const rates = walls().map((wall) => wall.rate);
  expect(Math.min(...rates)).toBe(rates[0]);
});
