import { expect, test } from 'vitest';
import { flood } from './flood.ts';
import { useScene } from './use-scene.ts';
import { countLeftOver } from './verdict.ts';

const own = useScene();

/** Messages of the flood; `npm run faults flood` makes it 20,000. */
const FLOOD = Number(process.env['FLOOD_MESSAGES'] ?? 100);

test('a flood of messages, a fifth of them bad in ten ways: each has its outcome, and memory stays flat', async () => {
  const { unaccounted, unexpected, megabytes, seconds, ...counts } = await flood(own.scene, FLOOD);
  console.log(
    `Flood: ${FLOOD} messages in ${seconds.toFixed(1)} s, ${(FLOOD / seconds).toFixed(0)} a second; ` +
      `${counts.tasks} tasks, ${counts.deadLetters} dead letters; the largest instance in each quarter: ${megabytes.join(', ')} MB`,
  );
  expect({ unaccounted: unaccounted.slice(0, 20), unexpected: unexpected.slice(0, 20) }).toEqual({
    unaccounted: [],
    unexpected: [],
  });
  const { good, bad } = counts;
  expect(counts).toEqual({ good, bad, tasks: good, deadLetters: bad });
  expect(good).toBe(FLOOD - bad);
  expect(await countLeftOver(own.scene.db)).toBe(0);
}, 3_600_000);
