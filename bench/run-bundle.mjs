/**
 * Loads a bundle as Lambda does, hands it the events of a JSON file one after the other, and prints what it measured. By
 * itself and without imports of ours, so that nothing but the bundle counts. Usage: node run-bundle.mjs BUNDLE EVENTS
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const [, , bundle = '', file = ''] = process.argv;
const events = JSON.parse(readFileSync(file, 'utf8'));
const context = { getRemainingTimeInMillis: () => 300_000, functionName: 'bench', awsRequestId: 'bench' };
const before = performance.now();
const { handler } = createRequire(bundle)(bundle);
const loaded = performance.now();
let first = 0;
for (const [i, event] of events.entries()) {
  const answer = await handler(event, context);
  if (answer?.batchItemFailures?.length > 0) throw new Error('a message failed');
  if (i === 0) first = performance.now() - loaded;
}
const { user, system } = process.cpuUsage();
const figures = {
  load: loaded - before,
  first,
  total: performance.now() - loaded,
  cpu: (user + system) / 1000,
  peak: process.resourceUsage().maxRSS / 1000,
};
process.stdout.write(`figures ${JSON.stringify(figures)}\n`, () => process.exit());
