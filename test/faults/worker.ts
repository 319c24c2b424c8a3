/** A process that can be killed: it polls the queues and calls the bundled functions, as Lambda does. */
import { createRequire } from 'node:module';
import { startEventSources } from '../../localstack/event-source.ts';
import { createLocalSqs } from '../../localstack/resources.ts';

/** What the process receives, as JSON in its first argument. */
export interface WorkerOrders {
  readonly name: string;
  readonly bundle: string;
  readonly queueUrl: string;
  readonly batchSize: number;
}

/** How far this process's clock is ahead of others', in milliseconds. */
const aheadMs = Number(process.env['CLOCK_AHEAD_MS'] ?? 0);
if (aheadMs !== 0) {
  const rightNow = Date.now;
  Date.now = () => rightNow() + aheadMs;
  globalThis.Date = new Proxy(Date, {
    construct: (date, given, made) => Reflect.construct(date, given.length === 0 ? [Date.now()] : given, made),
  });
}

type Handler = (event: unknown, context: object) => Promise<unknown>;

const orders: WorkerOrders[] = JSON.parse(process.argv[2] ?? '[]');
const sources = orders.map(({ bundle, ...source }) => {
  const loaded: { handler: Handler } = createRequire(bundle)(bundle);
  return {
    ...source,
    maximumConcurrency: 1,
    async invoke(event: unknown) {
      // Whoever started the process may want to end it from here on.
      process.send?.('working');
      const deadline = Date.now() + 300_000;
      return loaded.handler(event, { getRemainingTimeInMillis: () => deadline - Date.now() });
    },
  };
});

const running = startEventSources(createLocalSqs(process.env['AWS_ENDPOINT_URL'] ?? ''), sources, (source, error) => {
  console.log(`${source}: ${error instanceof Error ? error.stack : error}`);
});
process.on('disconnect', async () => {
  await running.stop();
  process.exit();
});
