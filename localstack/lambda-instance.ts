/**
 * Runs as a process of its own: one instance of a function, which handles one event at a time. It is told what it is by its
 * first argument, and speaks with whoever started it over the channel of `child_process.fork`.
 */
import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { createRequire, enableCompileCache, flushCompileCache } from 'node:module';

/** What the instance receives when it starts. */
export interface InstanceData {
  bundle: string;
  functionName: string;
  timeoutSeconds: number;
  memoryMb: number;
}

/** An error as it goes over the channel. */
export interface InstanceFailure {
  name: string;
  message: string;
  stack: string | undefined;
}

/** What the instance says: first that it is ready, or why it can't be; then an answer to each event. */
export type InstanceReply = { ready: true } | { result: unknown } | { error: InstanceFailure };

type Handler = (event: unknown, context: object) => Promise<unknown>;

const data: InstanceData = JSON.parse(process.argv[2] ?? '{}');
process.on('disconnect', () => process.exit());
beFirstToGo();
start();

function start(): void {
  try {
    // What a bundle compiles to is kept for the next instance; it is written now, as an instance is not asked before it ends.
    enableCompileCache();
    const handler = loadHandler(data.bundle);
    flushCompileCache();
    process.on('message', async ({ event }: { event?: unknown }) => say(await reply(handler, event)));
    say({ ready: true });
  } catch (error) {
    process.send?.({ error: failure(error) } satisfies InstanceReply, () => process.exit(1));
  }
}

async function reply(handler: Handler, event: unknown): Promise<InstanceReply> {
  try {
    return { result: await handler(event, lambdaContext()) };
  } catch (error) {
    return { error: failure(error) };
  }
}

function say(reply: InstanceReply): void {
  process.send?.(reply);
}

function failure(error: unknown): InstanceFailure {
  const { name, message, stack } = error instanceof Error ? error : new Error(String(error));
  return { name, message, stack };
}

function loadHandler(bundle: string): Handler {
  const exported: { handler?: Handler } = createRequire(bundle)(bundle);
  if (typeof exported.handler !== 'function') throw new Error(`${bundle} exports no handler`);
  return exported.handler;
}

/** Where the machine runs out of memory, the system is to end this process and not a database. */
function beFirstToGo(): void {
  try {
    writeFileSync('/proc/self/oom_score_adj', '1000');
  } catch {
    // Other systems have no such file.
  }
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
