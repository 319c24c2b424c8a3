/**
 * How long after its message a request for 15 documents is visible to the Requester, on a stack whose functions are warm.
 *
 *   node bench/latency.ts [requests]
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { createSqs } from '../lib/clients/aws.ts';
import { DEMO_INCLUDE, DEMO_TASK, stageDemo } from '../localstack/demo-data.ts';
import { remove } from './planned.ts';
import { median, openServices } from './services.ts';

const REQUESTS = Number(process.argv[2] ?? 30);
const WARM_UP = 5;

const services = await openServices();
const sqs = createSqs();
await stageDemo(services.s3, services.bucket);
await send('REGISTER_QUEUE_URL', { framework: 'lmeh', tasks: DEMO_TASK, include_path: DEMO_INCLUDE });
const times: number[] = [];
for (let n = -WARM_UP; n < REQUESTS; n++) {
  const took = await timeRequest(`bench-${process.pid}-${n}`);
  if (n >= 0) times.push(took);
}
const sorted = times.toSorted((a, b) => a - b);
console.log(
  `15 documents, from message to visible task, warm: median ${median(times).toFixed(0)} ms, ` +
    `fastest ${sorted[0]?.toFixed(0)}, slowest ${sorted.at(-1)?.toFixed(0)} (${REQUESTS} requests, one at a time)`,
);
sqs.destroy();
await services.dispose();

async function timeRequest(address: string): Promise<number> {
  const started = performance.now();
  const requester_args = { address, service: 'bench' };
  await send('SAMPLE_QUEUE_URL', {
    framework: 'lmeh',
    tasks: DEMO_TASK,
    include_path: DEMO_INCLUDE,
    requester_args,
    qty: 15,
  });
  for (;;) {
    const task = await services.db.collection('tasks').findOne({ 'requester_args.address': address });
    if (task) {
      const took = performance.now() - started;
      await remove(services, task._id);
      return took;
    }
    if (performance.now() - started > 60_000) throw new Error(`${address} was not answered within a minute`);
    await sleep(2);
  }
}

async function send(variable: string, body: object): Promise<void> {
  await sqs.send(new SendMessageCommand({ QueueUrl: process.env[variable], MessageBody: JSON.stringify(body) }));
}
