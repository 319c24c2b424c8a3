import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { type Emulator, startLocalstackEmulator } from '../../localstack/emulators.ts';
import { choosePort, runsWith } from '../../localstack/processes.ts';
import { awsEnvironment, LOCALSTACK_PYTHON, type Stack, startStack } from '../../localstack/stack.ts';

/** What test files learn from here; `test/helpers/stack.ts` uses it. */
declare module 'vitest' {
  interface ProvidedContext {
    /** Answers `GET /fauxqs` and `GET /localstack` with the environment of a service, which it starts when first asked. */
    servicesUrl: string;
    /** A folder that is there until the end of the run. */
    runFolder: string;
    /** Whether LocalStack is installed here. */
    hasLocalstack: boolean;
  }
}

const CACHE = join(import.meta.dirname, '..', '..', '.cache');

/**
 * Lets test files start the real services when they first need them, once for the whole run: a run of pure unit tests
 * starts nothing. All of it ends with the run.
 */
export default async function setup({ provide }: TestProject): Promise<() => Promise<void>> {
  removeOldRuns();
  const dir = join(CACHE, `test-${process.pid}`);
  mkdirSync(dir, { recursive: true });
  const services = new Services(dir);
  const server = createServer((request, response) => {
    services.environment(request.url ?? '').then(
      (env) => response.end(JSON.stringify(env)),
      (error) => response.writeHead(500).end(String(error)),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('the server of the test services has no port');
  provide('servicesUrl', `http://127.0.0.1:${address.port}`);
  provide('runFolder', dir);
  provide('hasLocalstack', existsSync(LOCALSTACK_PYTHON));
  return async () => {
    server.close();
    await services.stop();
    rmSync(dir, { recursive: true, force: true });
  };
}

class Services {
  readonly #dir: string;
  #stack: Promise<Stack> | undefined;
  #localstack: Promise<Emulator> | undefined;

  constructor(dir: string) {
    this.#dir = dir;
  }

  /** The environment of the stack; at `/localstack` with LocalStack in the place of fauxqs. */
  async environment(path: string): Promise<Record<string, string>> {
    this.#stack ??= startStack({ dir: this.#dir, queues: 'fauxqs', stage: 'test' });
    if (path !== '/localstack') return (await this.#stack).env;
    this.#localstack ??= choosePort().then((port) => startLocalstackEmulator(this.#dir, port, LOCALSTACK_PYTHON));
    const [stack, localstack] = await Promise.all([this.#stack, this.#localstack]);
    return { ...stack.env, ...awsEnvironment(localstack.endpoint) };
  }

  async stop(): Promise<void> {
    const started = await Promise.allSettled([this.#stack, this.#localstack]);
    await Promise.all(started.map((result) => (result.status === 'fulfilled' ? result.value?.stop() : undefined)));
  }
}

/** Folders of runs that were killed. */
function removeOldRuns(): void {
  if (!existsSync(CACHE)) return;
  for (const name of readdirSync(CACHE)) {
    const pid = /^test-(\d+)/.exec(name)?.[1];
    if (pid !== undefined && !runsWith(Number(pid), 'vitest'))
      rmSync(join(CACHE, name), { recursive: true, force: true });
  }
}
