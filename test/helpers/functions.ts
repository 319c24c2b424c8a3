import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { bundleFunctions } from '../../localstack/bundle.ts';
import { driveFunctions } from '../../localstack/drive.ts';
import { LOCAL_STAGE } from '../../localstack/names.ts';
import { createLocalSqs } from '../../localstack/resources.ts';
import { readServiceFile } from '../../localstack/service-file.ts';

const ROOT = join(import.meta.dirname, '..', '..');

/** Functions that take messages. */
export interface RunningFunctions {
  /** What they see, and where they can be called by name. */
  readonly env: Record<string, string>;
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
  const running = await driveFunctions({
    service,
    bundles,
    queues: sqs,
    env,
    stage: LOCAL_STAGE,
    concurrency,
    onFunctionLine: (_name, line) => lines.push(line),
    onError: (name, error) => lines.push(`${name}: ${String(error)}`),
  });
  return {
    lines,
    env: running.env,
    async stop() {
      await running.stop();
      sqs.destroy();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
