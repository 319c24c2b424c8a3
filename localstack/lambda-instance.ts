/** Runs inside a worker thread: one instance of a function, which handles one event at a time. */
import { randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';
import { parentPort, workerData } from 'node:worker_threads';

/** What the instance receives when it starts. */
export interface InstanceData {
  bundle: string;
  functionName: string;
  timeoutSeconds: number;
  memoryMb: number;
}

/** What the instance answers to an event. */
export type InstanceReply =
  | { result: unknown }
  | { error: { name: string; message: string; stack: string | undefined } };

type Handler = (event: unknown, context: object) => Promise<unknown>;

const data: InstanceData = workerData;
const handler = loadHandler(data.bundle);

parentPort?.on('message', async (event: unknown) => {
  parentPort?.postMessage(await reply(event));
});

async function reply(event: unknown): Promise<InstanceReply> {
  try {
    return { result: await handler(event, lambdaContext()) };
  } catch (error) {
    const { name, message, stack } = error instanceof Error ? error : new Error(String(error));
    return { error: { name, message, stack } };
  }
}

function loadHandler(bundle: string): Handler {
  const exported: { handler?: Handler } = createRequire(bundle)(bundle);
  if (typeof exported.handler !== 'function') throw new Error(`${bundle} exports no handler`);
  return exported.handler;
}

/** The context that Lambda hands to a Node handler. */
function lambdaContext(): object {
  const deadline = Date.now() + data.timeoutSeconds * 1000;
  return {
    awsRequestId: randomUUID(),
    callbackWaitsForEmptyEventLoop: true,
    functionName: data.functionName,
    functionVersion: '$LATEST',
    invokedFunctionArn: `arn:aws:lambda:us-east-1:000000000000:function:${data.functionName}`,
    memoryLimitInMB: String(data.memoryMb),
    logGroupName: `/aws/lambda/${data.functionName}`,
    logStreamName: 'local',
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
  };
}
