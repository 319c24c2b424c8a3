import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { bundleFunctions } from '../../localstack/bundle.ts';
import { startEventSources } from '../../localstack/event-source.ts';
import { localFunction } from '../../localstack/lambda.ts';
import { QUEUE_URL_VARIABLES } from '../../localstack/names.ts';
import { createLocalSqs } from '../../localstack/resources.ts';
import { readServiceFile } from '../../localstack/service-file.ts';

const ROOT = join(import.meta.dirname, '..', '..');

/** Functions that take messages. */
export interface RunningFunctions {
  /** The lines that they logged, in order. */
  readonly lines: readonly string[];
  stop(): Promise<void>;
}

/** Runs the bundled functions on the queues of `env` as Lambda would: batches, partial failures, one event per instance. */
export async function startFunctions(env: Record<string, string>, concurrency = 2): Promise<RunningFunctions> {
  const service = readServiceFile(ROOT);
  const dir = mkdtempSync(join(ROOT, '.cache', 'functions-'));
  const bundles = await bundleFunctions(service, ROOT, dir);
  const sqs = createLocalSqs(env['AWS_ENDPOINT_URL'] ?? '');
  const lines: string[] = [];
  const onLine = (line: string) => {
    lines.push(line);
  };
  const functions = service.functions.flatMap(({ name, queue, memoryMb, timeoutSeconds }) => {
    if (!queue) return [];
    const local = localFunction({
      bundle: bundles[name] ?? '',
      functionName: name,
      timeoutSeconds,
      memoryMb,
      env,
      onLine,
    });
    return [{ local, queue }];
  });
  const sources = functions.map(({ local, queue }) => ({
    name: queue.name,
    batchSize: queue.batchSize,
    maximumConcurrency: concurrency,
    queueUrl: env[QUEUE_URL_VARIABLES[queue.name]] ?? '',
    invoke: (event: unknown) => local.invoke(event),
  }));
  const running = startEventSources(sqs, sources, (source, error) => onLine(`${source}: ${String(error)}`));
  return {
    lines,
    async stop() {
      await running.stop();
      await Promise.all(functions.map(({ local }) => local.stop()));
      sqs.destroy();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
