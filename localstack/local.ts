import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundleFunctions } from './bundle.ts';
import { requireDocker, startDockerStack } from './docker.ts';
import { formatDotenv } from './dotenv.ts';
import { driveFunctions } from './drive.ts';
import { releaseInFlight } from './in-flight.ts';
import { LOCAL_STAGE } from './names.ts';
import { prepare } from './prepare.ts';
import { createLocalSqs } from './resources.ts';
import { takeRunLock } from './run-lock.ts';
import { readServiceFile, type ServiceFunction } from './service-file.ts';
import { type Ports, startStack } from './stack.ts';

/** The folder of the repository. */
export const ROOT = join(import.meta.dirname, '..');
/** Where the local stack keeps its data (STACK-2). */
export const LOCAL_DIR = join(ROOT, '.local');

/** How to run the service locally. */
export interface LocalOptions {
  /** Starts with an empty `.local/`. */
  fresh?: boolean;
  /** Keeps its data there, and not in `.local/`: a stack of its own beside the one that a person runs. */
  dir?: string;
  ports?: Partial<Ports>;
  /** Takes the servers from docker-compose.yml. */
  docker?: boolean;
  /** Batches of one queue in work at a time, where it is not for `driveFunctions` to say. */
  concurrency?: number;
  /** Options of Node for the functions' processes, besides those that a deployment has. */
  nodeOptions?: readonly string[];
  /** Gets what happens, line by line. */
  say: (line: string) => void;
  /** Gets each line that a function writes. */
  onFunctionLine: (functionName: string, line: string) => void;
  /** Breaks off the start, after the step that is under way. */
  signal?: AbortSignal;
}

/** The running service. */
export interface LocalService {
  readonly env: Record<string, string>;
  /** Resolves when a server ended by itself, with its name and code. */
  readonly broken: Promise<string>;
  stop(): Promise<void>;
}

/**
 * Starts the stack in `.local/` or the folder that is given, stages what every request needs, and drives the bundled functions by their queues and
 * clock. Writes the files `env`, and `ready` when messages are taken, into that folder.
 * Throws AlreadyRunningError, or an Error that says what could not be started.
 */
export async function runLocally(options: LocalOptions): Promise<LocalService> {
  const { say, dir = LOCAL_DIR } = options;
  if (options.docker === true) requireDocker();
  // Next to the folder, as a fresh start empties it.
  const unlock = takeRunLock(dir === LOCAL_DIR ? join(ROOT, '.cache', 'local-stack.pid') : `${dir}.pid`);
  const closers: (() => Promise<void> | void)[] = [unlock];
  let stopped: Promise<void> | undefined;
  const stop = () => {
    stopped ??= closeAll(closers);
    return stopped;
  };
  try {
    const service = readServiceFile(ROOT);
    rmSync(join(dir, 'ready'), { force: true });
    say('starting Postgres, MongoDB, SQS and S3 ...');
    const common = {
      dir,
      visibilityTimeouts: visibilityTimeouts(service.functions),
      ...(options.fresh === undefined ? {} : { fresh: options.fresh }),
      ...(options.ports === undefined ? {} : { ports: options.ports }),
    };
    const stack =
      options.docker === true ? await startDockerStack(common) : await startStack({ ...common, queues: 'fauxqs' });
    closers.unshift(() => stack.stop());
    options.signal?.throwIfAborted();
    const outDir = join(dir, 'functions');
    mkdirSync(outDir, { recursive: true });
    say('bundling the functions ...');
    const bundles = await bundleFunctions(service, ROOT, outDir);
    options.signal?.throwIfAborted();
    await prepare(stack.env, say, options.signal);
    options.signal?.throwIfAborted();
    const sqs = createLocalSqs(stack.env['AWS_ENDPOINT_URL'] ?? '');
    closers.unshift(() => sqs.destroy());
    // LocalStack has no page to do this by, and forgets its messages when it stops.
    if (options.docker !== true) await releaseInFlight(sqs, stack.env);
    const functions = await driveFunctions({
      service: { ...service, nodeOptions: [...service.nodeOptions, ...(options.nodeOptions ?? [])] },
      bundles,
      queues: stack.queues ?? sqs,
      env: stack.env,
      stage: LOCAL_STAGE,
      ...(options.concurrency === undefined ? {} : { concurrency: options.concurrency }),
      onFunctionLine: options.onFunctionLine,
      onError: (name, error) => say(`${name}: ${error instanceof Error ? error.message : error}`),
    });
    closers.unshift(() => functions.stop());
    closers.unshift(() => rmSync(join(dir, 'ready'), { force: true }));
    writeFileSync(join(dir, 'env'), formatDotenv(functions.env));
    writeFileSync(join(dir, 'ready'), `${new Date().toISOString()}\n`);
    return { env: functions.env, broken: stack.broken, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function visibilityTimeouts(functions: readonly ServiceFunction[]): Record<string, number> {
  const queues = functions.flatMap(({ queue }) => (queue === undefined ? [] : [queue]));
  return Object.fromEntries(queues.map(({ name, visibilityTimeoutSeconds }) => [name, visibilityTimeoutSeconds]));
}

/** Closes one after the other; a failure does not keep the next from being closed. */
async function closeAll(closers: readonly (() => Promise<void> | void)[]): Promise<void> {
  const errors: unknown[] = [];
  for (const close of closers) {
    try {
      await close();
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) throw new AggregateError(errors, 'the local stack did not stop cleanly');
}
