import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { startServer, waitUntilReady } from './processes.ts';
import type { QueueCalls } from './queue-calls.ts';

/** The emulator of SQS and S3. */
export type EmulatorKind = 'fauxqs' | 'localstack';

/** A running emulator of SQS and S3. */
export interface Emulator {
  /** For AWS_ENDPOINT_URL. */
  readonly endpoint: string;
  /** The calls of its queues without a connection, where it runs in this process. */
  readonly queues?: QueueCalls;
  /** Rejects or resolves never while it runs; resolves with the exit code when its process ended by itself. */
  readonly ended: Promise<number>;
  stop(): Promise<void>;
}

const LOCALSTACK_START_TIMEOUT_MS = 120_000;

/**
 * Starts LocalStack, its data in memory and its files in `<dir>/localstack`.
 * `python` is the interpreter of the environment it is installed in. Throws an Error when it can't start.
 */
export async function startLocalstackEmulator(dir: string, port: number, python: string): Promise<Emulator> {
  if (!existsSync(python)) throw new Error(`LocalStack is not installed (no ${python}). What to do: npm test.`);
  const files = join(dir, 'localstack');
  const logFile = join(dir, 'logs', 'localstack.log');
  mkdirSync(files, { recursive: true });
  const endpoint = `http://127.0.0.1:${port}`;
  const server = startServer({
    name: 'LocalStack',
    command: [python, '-m', 'localstack.runtime.main'],
    logFile,
    stopSignal: 'TERM',
    cwd: files,
    env: {
      ...process.env,
      // The queue tests want the first two; test/deploy the others. Each is loaded when first asked for.
      SERVICES: 'sqs,s3,cloudformation,cloudwatch,iam,kms,logs,secretsmanager,sns,ssm,sts',
      GATEWAY_SERVER: 'hypercorn',
      GATEWAY_LISTEN: `127.0.0.1:${port}`,
      // Its own folders instead of /var/lib/localstack, no reports about its use, no look-ups of other hosts.
      FILESYSTEM_ROOT: files,
      LOCALSTACK_VOLUME_DIR: files,

      DISABLE_EVENTS: '1',
      SKIP_SSL_CERT_DOWNLOAD: '1',

      DNS_ADDRESS: '0',
      SQS_ENDPOINT_STRATEGY: 'path',
    },
  });
  await waitUntilReady(server, logFile, () => answers(`${endpoint}/_localstack/health`), LOCALSTACK_START_TIMEOUT_MS);
  return { endpoint, ended: server.ended, stop: () => server.stop() };
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(url)).ok;
  } catch {
    return false;
  }
}
