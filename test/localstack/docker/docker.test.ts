import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startDockerStack } from '../../../localstack/docker.ts';
import { createLocalSqs } from '../../../localstack/resources.ts';
import { freshStack, type TestStack } from '../../helpers/stack.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');
const folder = mkdtempSync(join(tmpdir(), 'docker-'));
const calls = join(folder, 'calls');
let stack: TestStack;

beforeAll(async () => {
  stack = await freshStack();
});
beforeEach(() => rmSync(calls, { force: true }));
afterAll(async () => {
  await stack.dispose();
  rmSync(folder, { recursive: true, force: true });
});

/** A `docker` that notes what it is called with and does what `script` says. */
function fakeDocker(name: string, script: string): string {
  const program = join(folder, name);
  const note = `echo "$* ports $SAMPLER_POSTGRES_PORT $SAMPLER_MONGO_PORT $SAMPLER_AWS_PORT" >> ${calls}`;
  writeFileSync(program, `#!/bin/sh\n${note}\n${script}\n`, { mode: 0o755 });
  return program;
}

/** What docker was told, in order, without the path of the file. */
function told(): string[] {
  const lines = readFileSync(calls, 'utf8').trimEnd().split('\n');
  return lines.map((line) => line.replace(/--file \S*docker-compose\.yml/, 'FILE'));
}

/** Runs as a container does: until it is ended. */
const WAITS = 'case "$*" in *" wait "*) exec sleep 600;; esac';

function options(program: string) {
  const aws = Number(new URL(stack.endpoint).port);
  return { dir: folder, stage: `${stack.stage}d`, program, ports: { postgres: 5555, mongo: 27555, aws } };
}

describe('the servers in Docker', () => {
  it('are started until healthy; then the queues are there, and the environment says where everything is', async () => {
    const settings = options(fakeDocker('works', WAITS));
    const { aws } = settings.ports;
    const running = await startDockerStack({ ...settings, visibilityTimeouts: { shard: 77 } });
    expect(running.env).toMatchObject({
      POSTGRES_URI: 'postgresql://admin:admin@127.0.0.1:5555/pokt-ml-datasets',
      MONGODB_URI: 'mongodb://127.0.0.1:27555/sampler?replicaSet=rs0',
      AWS_ENDPOINT_URL: stack.endpoint,
      SHARD_QUEUE_URL: expect.stringContaining(`sampler-${stack.stage}d-shard`),
      DATASETS_BUCKET: expect.stringContaining(`${stack.stage}d`),
    });
    const sqs = createLocalSqs(stack.endpoint);
    const QueueUrl = running.env['SHARD_QUEUE_URL'];
    const ask = new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['VisibilityTimeout'] });
    expect((await sqs.send(ask)).Attributes).toEqual({ VisibilityTimeout: '77' });
    sqs.destroy();
    await expect.poll(() => told().at(-1)).toContain(' wait ');
    await running.stop();
    await running.stop();
    const ports = `ports 5555 27555 ${aws}`;
    expect(told().slice(2)).toEqual([
      `compose FILE up --detach --wait ${ports}`,
      `compose FILE wait localstack postgres mongo ${ports}`,
      `compose FILE stop ${ports}`,
    ]);
  });

  it('start empty when asked to', async () => {
    const running = await startDockerStack({ ...options(fakeDocker('works', WAITS)), fresh: true });
    await running.stop();
    const commands = told().map((line) => line.split(' ')[2]);
    expect(commands.slice(2, 4)).toEqual(['down', 'up']);
    expect(told()[2]).toContain('down --volumes');
  });

  it('are known to be broken when a container ends', async () => {
    const running = await startDockerStack(options(fakeDocker('ends', '')));
    expect(await running.broken).toContain('a container ended');
    await running.stop();
  });

  it('are stopped again where the queues cannot be made', async () => {
    const settings = options(fakeDocker('works', WAITS));
    const nobody = { ...settings, ports: { ...settings.ports, aws: 1 } };
    await expect(startDockerStack(nobody)).rejects.toThrow();
    expect(told().at(-1)).toContain('compose FILE stop');
  });

  it('that do not become healthy are reported, with what to look at', async () => {
    const program = fakeDocker('sick', 'case "$*" in *" up "*) exit 3;; esac');
    await expect(startDockerStack(options(program))).rejects.toThrow(/up --detach --wait failed \(code 3\).*logs/);
  });
});

describe('npm start -- --docker', () => {
  /** Runs it on a machine whose `docker` does what `script` says; undefined for none. */
  function start(script: string | undefined) {
    if (script !== undefined) fakeDocker('docker', script);
    const PATH = script === undefined ? join(folder, 'none') : `${folder}:/usr/bin:/bin`;
    const program = join(ROOT, 'localstack', 'start.ts');
    return spawnSync(process.execPath, [program, '--docker'], { encoding: 'utf8', env: { PATH } });
  }

  it.each([
    ['Docker', undefined, 'is not installed'],
    ['Compose', '[ "$1" != compose ]', 'is not installed'],
    ['the engine', '[ "$1" != info ]', 'engine does not answer'],
  ])('without %s says so in one line, and what to do, and ends with 1', (_, script, words) => {
    const { status, stderr, stdout } = start(script);
    expect(stdout).toBe('');
    expect(stderr.trim().split('\n')).toEqual([expect.stringMatching(new RegExp(`${words}.*What to do: .*--docker`))]);
    expect(status).toBe(1);
  });

  it('takes nothing into use before it knows that Docker is there', () => {
    const lock = join(ROOT, '.cache', 'local-stack.pid');
    const before = existsSync(lock) ? readFileSync(lock, 'utf8') : undefined;
    start(undefined);
    expect(existsSync(lock) ? readFileSync(lock, 'utf8') : undefined).toBe(before);
  });
});
