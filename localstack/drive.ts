import { availableParallelism } from 'node:os';
import { startEventSources } from './event-source.ts';
import { type LocalFunction, localFunction } from './lambda.ts';
import { startLambdaEndpoint } from './lambda-endpoint.ts';
import { functionName, QUEUE_URL_VARIABLES } from './names.ts';
import type { QueueCalls } from './queue-calls.ts';
import type { EventSource } from './running-source.ts';
import type { Service, ServiceFunction } from './service-file.ts';

/** What drives the functions, and who is notified. */
export interface DriveOptions {
  service: Service;
  /** The path of each function's bundle, by its name. */
  bundles: Readonly<Record<string, string>>;
  /** How the queues are polled. */
  queues: QueueCalls;
  /** What the functions see; those that no event drives see none of it. */
  env: Readonly<Record<string, string>>;
  stage: string;
  /** Batches of one queue in work at a time, where the service file does not say less; the number of processors if not given. */
  concurrency?: number;
  /** Gets each line that a function writes. */
  onFunctionLine: (name: string, line: string) => void;
  /** Receives what a function failed with, and what goes wrong with a queue. */
  onError: (name: string, error: unknown) => void;
}

/** The functions, running. */
export interface DrivenFunctions {
  /** `env` and where functions can be called (AWS_ENDPOINT_URL_LAMBDA). */
  readonly env: Record<string, string>;
  stop(): Promise<void>;
}

/**
 * Messages that wait for an instance, besides its next batch: ten are taken when no more than two of them are left, so that none is
 * idle meanwhile or begins with a few where many wait.
 */
const AHEAD = 12;

/** Runs a service's functions as a deployment does: by their queues, by the clock, and for whoever calls them by name. */
export async function driveFunctions(options: DriveOptions): Promise<DrivenFunctions> {
  const { service, queues, stage, onError } = options;
  const byName = new Map<string, LocalFunction>();
  const endpoint = await startLambdaEndpoint(byName);
  const env: Record<string, string> = {
    ...options.env,
    AWS_ENDPOINT_URL_LAMBDA: endpoint.url,
    SANDBOX_FUNCTION: functionName(stage, 'sandbox'),
  };
  const clocks: NodeJS.Timeout[] = [];
  const sources: EventSource[] = [];
  for (const definition of service.functions) {
    const local = start(definition, env, options);
    byName.set(functionName(stage, definition.name), local);
    if (definition.everySeconds !== undefined) {
      const report = (error: unknown) => onError(definition.name, error);
      const tick = () => local.invoke({ source: 'aws.events', 'detail-type': 'Scheduled Event' }).catch(report);
      clocks.push(setInterval(tick, definition.everySeconds * 1000));
    }
    if (definition.queue !== undefined) {
      const { name, batchSize, maximumConcurrency } = definition.queue;
      // One machine stands for many here.
      const concurrency = options.concurrency ?? Math.max(2, availableParallelism());
      sources.push({
        name,
        batchSize,
        queueUrl: env[QUEUE_URL_VARIABLES[name]] ?? '',
        maximumConcurrency: Math.min(maximumConcurrency, concurrency),
        ahead: batchSize + AHEAD,
        invoke: (event) => local.invoke(event),
      });
    }
  }
  const eventSources = startEventSources(queues, sources, onError);
  return {
    env,
    async stop() {
      for (const clock of clocks) clearInterval(clock);
      await eventSources.stop();
      await Promise.all([...byName.values()].map((local) => local.stop()));
      await endpoint.close();
    },
  };
}

function start(
  { name, timeoutSeconds, memoryMb, queue, everySeconds }: ServiceFunction,
  env: Record<string, string>,
  { service, bundles, stage, onFunctionLine }: DriveOptions,
): LocalFunction {
  const driven = queue !== undefined || everySeconds !== undefined;
  return localFunction({
    bundle: bundles[name] ?? '',
    functionName: functionName(stage, name),
    timeoutSeconds,
    memoryMb,
    env: driven ? env : {},
    nodeOptions: service.nodeOptions,
    onLine: (line) => onFunctionLine(name, line),
  });
}
