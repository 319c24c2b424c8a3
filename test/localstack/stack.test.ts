import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseEnv } from 'node:util';
import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { ReceiveMessageCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { MongoClient } from 'mongodb';
import postgres from 'postgres';
import { afterAll, expect, it } from 'vitest';
import { formatDotenv } from '../../localstack/dotenv.ts';
import { releaseInFlight } from '../../localstack/in-flight.ts';
import { choosePort, runsWith } from '../../localstack/processes.ts';
import { createLocalS3, createLocalSqs } from '../../localstack/resources.ts';
import { type Stack, startStack } from '../../localstack/stack.ts';

const folder = mkdtempSync(join(tmpdir(), 'stack-'));
const dir = join(folder, 'local');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function clientsOf({ env }: Stack) {
  return {
    sql: postgres(env['POSTGRES_URI'] ?? '', { max: 1 }),
    mongo: new MongoClient(env['MONGODB_URI'] ?? ''),
    sqs: createLocalSqs(env['AWS_ENDPOINT_URL'] ?? ''),
    s3: createLocalS3(env['AWS_ENDPOINT_URL'] ?? ''),
    queueUrl: env['SHARD_QUEUE_URL'] ?? '',
    bucket: env['DATASETS_BUCKET'] ?? '',
  };
}

async function close({ sql, mongo }: ReturnType<typeof clientsOf>): Promise<void> {
  await sql.end();
  await mongo.close();
}

it('keeps rows, documents, objects and messages over a restart on other ports, also those in work', async () => {
  const options = { dir, queues: 'fauxqs', visibilityTimeouts: { shard: 600 } } as const;
  const first = await startStack(options);
  const before = clientsOf(first);
  await before.sql`create table kept as select 7 as n`;
  await before.mongo.db().collection<{ n: number }>('kept').insertOne({ n: 7 });
  await before.s3.send(new PutObjectCommand({ Bucket: before.bucket, Key: 'kept', Body: 'seven' }));
  await before.sqs.send(new SendMessageCommand({ QueueUrl: before.queueUrl, MessageBody: 'seven' }));
  await before.sqs.send(new ReceiveMessageCommand({ QueueUrl: before.queueUrl }));
  await close(before);
  await first.stop();

  const ports = { postgres: await choosePort(), mongo: await choosePort(), aws: await choosePort() };
  const second = await startStack({ ...options, ports });
  expect(second.ports).toEqual(ports);
  const after = clientsOf(second);
  expect([...(await after.sql`select n from kept`)]).toEqual([{ n: 7 }]);
  expect(await after.mongo.db().collection('kept').countDocuments({ n: 7 })).toBe(1);
  const { Body } = await after.s3.send(new GetObjectCommand({ Bucket: after.bucket, Key: 'kept' }));
  expect(await Body?.transformToString()).toBe('seven');
  await releaseInFlight(after.sqs, second.env);
  const { Messages } = await after.sqs.send(
    new ReceiveMessageCommand({ QueueUrl: after.queueUrl, WaitTimeSeconds: 5 }),
  );
  expect(Messages?.map((message) => message.Body)).toEqual(['seven']);
  await close(after);
  await second.stop();
  await second.stop();
});

it('starts empty when asked to', async () => {
  const stack = await startStack({ dir, queues: 'fauxqs', fresh: true });
  const { sql, ...rest } = clientsOf(stack);
  expect([...(await sql`select to_regclass('kept') as found`)]).toEqual([{ found: null }]);
  await close({ sql, ...rest });
  await stack.stop();
});

it('takes the servers with it when its process is killed, and keeps the message that was sent last', async () => {
  const localstack = join(import.meta.dirname, '..', '..', 'localstack');
  const script = `
    import { SendMessageCommand } from '@aws-sdk/client-sqs';
    import { createLocalSqs } from ${JSON.stringify(join(localstack, 'resources.ts'))};
    import { startStack } from ${JSON.stringify(join(localstack, 'stack.ts'))};
    const stack = await startStack({ dir: ${JSON.stringify(dir)}, queues: 'fauxqs' });
    const message = { QueueUrl: stack.env.SHARD_QUEUE_URL, MessageBody: 'last' };
    await createLocalSqs(stack.env.AWS_ENDPOINT_URL).send(new SendMessageCommand(message));
    console.log(stack.env.POSTGRES_URI);
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const line of createInterface({ input: child.stdout })) {
    const sql = postgres(line, { max: 1 });
    const [row] = await sql`select pg_backend_pid() as backend`;
    const servers = [Number(row?.['backend'])];
    expect(servers.every((pid) => runsWith(pid, 'postgres'))).toBe(true);
    child.kill('SIGKILL');
    await expect.poll(() => servers.filter((pid) => runsWith(pid, 'postgres')), { timeout: 15_000 }).toEqual([]);
    await sql.end({ timeout: 0 }).catch(() => {});
  }
  const again = await startStack({ dir, queues: 'fauxqs' });
  const { sqs, queueUrl, ...rest } = clientsOf(again);
  const { Messages } = await sqs.send(new ReceiveMessageCommand({ QueueUrl: queueUrl, WaitTimeSeconds: 5 }));
  expect(Messages?.map(({ Body }) => Body)).toEqual(['last']);
  await close({ sqs, queueUrl, ...rest });
  await again.stop();
});

it('refuses a port that is taken, and leaves nothing running', async () => {
  const stack = await startStack({ dir, queues: 'fauxqs' });
  const elsewhere = join(folder, 'second');
  const ports = { mongo: stack.ports.mongo };
  await expect(startStack({ dir: elsewhere, queues: 'fauxqs', ports })).rejects.toThrow(/taken/);
  await stack.stop();
});

it.each([
  ['Postgres', 'postgres/global/pg_control', /Postgres ended with code 1/],
  ['Postgres', 'postgres/PG_VERSION', /holds no cluster of Postgres/],
  ['MongoDB', 'mongo/WiredTiger.turtle', /MongoDB ended with code \d+/],
])('tells of damaged data of %s (%s) what to type, and removes none of it', async (_, file, reason) => {
  const damaged = join(folder, 'damaged');
  const path = join(damaged, file);
  await (await startStack({ dir: damaged, queues: 'fauxqs', fresh: true })).stop();
  if (file.endsWith('PG_VERSION')) rmSync(path);
  else writeFileSync(path, 'damaged');
  const neighbours = readdirSync(dirname(path));
  const started = startStack({ dir: damaged, queues: 'fauxqs' });
  await expect(started).rejects.toThrow(reason);
  await expect(started).rejects.toThrow(/What to do: .*npm start -- --fresh$/);
  expect(readdirSync(dirname(path))).toEqual(expect.arrayContaining(neighbours));
});

it('writes a file of variables that is read back as it was', () => {
  const env = { PLAIN: 'http://127.0.0.1:1/0/q', URI: 'mongodb://h/db?replicaSet=rs0&w=1', EMPTY: '', SPACES: 'a b#c' };
  expect(parseEnv(formatDotenv(env))).toEqual(env);
  expect(() => formatDotenv({ BAD: "it's" })).toThrow(/BAD/);
});
