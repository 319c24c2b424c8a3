import { createServer } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import { MongoBulkWriteError, type MongoClient, MongoServerError } from 'mongodb';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { Bucket } from '../../lib/bucket/bucket.ts';
import { createS3 } from '../../lib/clients/aws.ts';
import type { SocketAddress } from '../../lib/clients/guarded-socket.ts';
import { createMongo } from '../../lib/clients/mongo.ts';
import { isOutage } from '../../lib/clients/outage.ts';
import { createSql, guarded } from '../../lib/clients/postgres.ts';
import { ensureIndexes } from '../../lib/documents/collections.ts';
import { failureOf } from '../../lib/queue/failure.ts';
import { inTransaction } from '../../lib/tables/transaction.ts';
import { type Gate, type GateState, openGate } from '../helpers/gate.ts';
import { freshStack, type TestStack } from '../helpers/stack.ts';

const SHUT: readonly GateState[] = ['refused', 'silent', 'reset'];
/** Waits are short here, so that the tests are. */
const WAIT_MS = 700;
const KEYS = { AWS_REGION: 'us-east-1', AWS_ACCESS_KEY_ID: 'k', AWS_SECRET_ACCESS_KEY: 's' };

let stack: TestStack;
const toClose: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  stack = await freshStack();
});
afterEach(async () => {
  for (const close of toClose.splice(0)) await close();
});
afterAll(() => stack.dispose());

/** What a call fails with. */
async function caught(call: PromiseLike<unknown>): Promise<Error> {
  try {
    await call;
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error('no error was thrown');
}

async function gateTo(uri: string, state: GateState): Promise<Gate> {
  const gate = await openGate(Number(new URL(uri).port), state);
  toClose.push(() => gate.close());
  return gate;
}

/** A client that was never connected, to a MongoDB behind a gate. */
async function coldMongo(state: GateState): Promise<{ gate: Gate; mongo: MongoClient }> {
  const gate = await gateTo(stack.mongodbUri, state);
  const uri = `mongodb://127.0.0.1:${gate.port}/${stack.stage}?directConnection=true`;
  const mongo = createMongo(uri, {
    serverSelectionTimeoutMS: WAIT_MS,
    connectTimeoutMS: WAIT_MS,
    socketTimeoutMS: WAIT_MS,
    heartbeatFrequencyMS: 500,
  });
  toClose.push(() => mongo.close());
  return { gate, mongo };
}

describe('MongoDB away at the first contact', () => {
  it.each(SHUT)('(%s) is Unavailable, and works as soon as it is back', async (state) => {
    const { gate, mongo } = await coldMongo(state);
    const things = mongo.db().collection(`cold-${state}`);
    for (let tries = 0; tries < 3; tries++) {
      const errors = await Promise.all([caught(things.insertOne({})), caught(ensureIndexes(mongo.db()))]);
      expect(errors.map((error) => failureOf(error).code)).toEqual(['Unavailable', 'Unavailable']);
    }
    await gate.set('open');
    await things.insertOne({ back: true });
    await ensureIndexes(mongo.db());
    expect(await things.countDocuments({ back: true })).toBe(1);
  });

  it('leaves no connection of the clients before it open', async () => {
    const { gate, mongo } = await coldMongo('silent');
    for (let tries = 0; tries < 4; tries++) await caught(mongo.db().command({ ping: 1 }));
    await gate.set('refused');
    await expect.poll(() => gate.open).toBe(0);
    const { came } = gate;
    await new Promise((resolve) => setTimeout(resolve, 3 * WAIT_MS));
    expect(gate.came).toBe(came);
  });

  it('many commands at a time find one way back', async () => {
    const { gate, mongo } = await coldMongo('refused');
    const ping = () => mongo.db().command({ ping: 1 });
    await Promise.all(Array.from({ length: 20 }, () => caught(ping())));
    const half = Array.from({ length: 20 }, () => ping().catch(() => undefined));
    await gate.set('open');
    await Promise.all(half);
    expect(await Promise.all(Array.from({ length: 20 }, async () => (await ping())['ok']))).toEqual(
      Array.from({ length: 20 }, () => 1),
    );
    // Two for watching the server, three for work.
    expect(gate.open / 2).toBeLessThanOrEqual(5);
  });

  it('works in a transaction afterwards', async () => {
    const { gate, mongo } = await coldMongo('reset');
    const work = () =>
      mongo.withSession((session) =>
        session.withTransaction(() => mongo.db().collection('transacted').insertOne({}, { session })),
      );
    expect(failureOf(await caught(work())).code).toBe('Unavailable');
    await gate.set('open');
    await work();
  });

  it.each(['silent', 'reset'] as const)(
    'a bulk write that is cut off (%s) is Unavailable, without a stack',
    async (state) => {
      const { gate, mongo } = await coldMongo('open');
      const things = mongo.db().collection('bulk');
      await things.insertOne({});
      const insert = () => things.insertMany([{}, {}], { ordered: false });
      await gate.set(state);
      const error = await caught(insert());
      expect(error).toBeInstanceOf(MongoBulkWriteError);
      expect(failureOf(error)).toMatchObject({ code: 'Unavailable', stack: undefined });
      await gate.set('open');
      await insert();
    },
  );
});

it('what is wrong with the documents themselves is no outage', async () => {
  const mongo = createMongo(stack.mongodbUri);
  toClose.push(() => mongo.close());
  const things = mongo.db().collection<{ _id: number }>('twice');
  const error = await caught(things.insertMany([{ _id: 1 }, { _id: 1 }], { ordered: false }));
  expect(error).toBeInstanceOf(MongoBulkWriteError);
  expect(isOutage(error)).toBe(false);
});

describe('Postgres away', () => {
  async function coldSql(state: GateState) {
    const gate = await gateTo(stack.postgresUri, state);
    const uri = new URL(stack.postgresUri);
    uri.port = String(gate.port);
    const sql = createSql(uri.href, { connect_timeout: 1 }, WAIT_MS);
    toClose.push(() => sql.end({ timeout: 0 }));
    return { gate, sql };
  }

  it.each(SHUT)('at the first contact (%s) is Unavailable, and works as soon as it is back', async (state) => {
    const { gate, sql } = await coldSql(state);
    for (let tries = 0; tries < 3; tries++) {
      expect(failureOf(await caught(sql`select 1 as one`)).code).toBe('Unavailable');
    }
    await gate.set('open');
    expect(await sql`select 1 as one`).toEqual([{ one: 1 }]);
  });

  it('in the middle of queries: their wait has an end, and the next finds another connection', async () => {
    const { gate, sql } = await coldSql('open');
    await sql`select 1`;
    await gate.set('silent');
    const failures = await Promise.all([1, 2, 3, 4].map((n) => caught(sql`select ${n}::int as n`)));
    expect(failures.map((error) => failureOf(error).code)).toEqual(failures.map(() => 'Unavailable'));
    await gate.set('open');
    expect(await sql`select 1 as one`).toEqual([{ one: 1 }]);
  });

  it('a query that takes longer than its limit is abandoned', async () => {
    const { sql } = await coldSql('open');
    const error = await caught(sql`select pg_sleep(30)`);
    expect(error.message).toContain('Postgres gave no answer for');
    expect(await sql`select 1 as one`).toEqual([{ one: 1 }]);
  });

  it('a query of the moment between the break of its connection and the end of it fails, and is not forgotten', async () => {
    const gate = await gateTo(stack.postgresUri, 'open');
    const uri = new URL(stack.postgresUri);
    uri.port = String(gate.port);
    const { socket } = guarded(60_000);
    const late = Promise.withResolvers<Error>();
    const sql = createSql(uri.href, {
      max: 1,
      socket: (address: SocketAddress) => {
        const opened = socket(address);
        // The client's own listener, which is not there yet, comes after it.
        opened.prependListener('error', () => void caught(sql`select 2`).then(late.resolve, late.reject));
        return opened;
      },
    } as Parameters<typeof createSql>[1]);
    toClose.push(() => sql.end({ timeout: 0 }));
    await sql`select 1`;
    await gate.set('reset');
    expect(failureOf(await late.promise).code).toBe('Unavailable');
  });

  it('in a transaction cuts it off, and nothing of it stays', async () => {
    const { gate, sql } = await coldSql('open');
    await sql`create table if not exists cut_off (n int)`;
    const error = await caught(
      inTransaction(sql, async (tx) => {
        await tx`insert into cut_off values (1)`;
        await gate.set('reset');
        await tx`insert into cut_off values (2)`;
      }),
    );
    expect(failureOf(error).code).toBe('Unavailable');
    await gate.set('open');
    const left = () => sql`select n from cut_off`;
    // The client's idle connection was cut off as well, which it may not know yet.
    expect(await left().catch(left)).toEqual([]);
  });

  it('a transaction has limits for locks and statements', async () => {
    const { sql } = await coldSql('open');
    const [limits] = await inTransaction(
      sql,
      (tx) => tx`select current_setting('lock_timeout') as lock, current_setting('statement_timeout') as statement`,
    );
    expect(limits).toEqual({ lock: '4min', statement: '14min' });
  });
});

/** A Postgres that answers whoever comes with one error, in the form of its protocol. */
async function postgresThatSays(state: string): Promise<string> {
  const field = (kind: string, text: string) => `${kind}${text}\0`;
  const fields = `${field('S', 'FATAL')}${field('V', 'FATAL')}${field('C', state)}${field('M', 'as told')}\0`;
  const length = Buffer.alloc(4);
  length.writeInt32BE(4 + fields.length);
  const answer = Buffer.concat([Buffer.from('E'), length, Buffer.from(fields)]);
  const server = createTcpServer((socket) => {
    socket.on('error', () => {}).once('data', () => socket.end(answer));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  toClose.push(async () => server.close());
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('the server has no port');
  return `postgres://u@127.0.0.1:${address.port}/d`;
}

describe('a server that is there and can not', () => {
  it.each([
    ['starts', '57P03'],
    ['is shut down', '57P01'],
    ['has no connection left', '53300'],
    ['has no room on its disk', '53100'],
    ['has no memory left', '53200'],
    ['refuses the password', '28P01'],
  ])('(Postgres %s) is Unavailable, without a stack', async (_, state) => {
    const sql = createSql(await postgresThatSays(state), { connect_timeout: 5 });
    toClose.push(() => sql.end({ timeout: 0 }));
    expect(failureOf(await caught(sql`select 1`))).toMatchObject({ code: 'Unavailable', stack: undefined });
  });

  it.each([
    ['steps down', 10107],
    ['is shut down', 91],
    ['has no room on its disk', 14031],
    ['has no room on its disk, as its storage engine says it', 8, '28: No space left on device'],
    ['refuses the password', 18],
    ['takes too long', 50],
  ])('(MongoDB %s) is Unavailable, without a stack', (_, code, message = 'as told') => {
    const error = new MongoServerError({ message, code });
    expect(failureOf(error)).toMatchObject({ code: 'Unavailable', stack: undefined });
  });
});

describe('S3 that stops in the middle of an answer', () => {
  it.each([0, 5])('after %i bytes of the body is Unavailable within the limit', async (bytes) => {
    const server = createServer((_, response) => {
      response.writeHead(200, { 'content-length': '10' }).write('x'.repeat(bytes));
      response.flushHeaders();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    if (typeof address !== 'object' || address === null) throw new Error('the server has no port');
    const { port } = address;
    for (const [name, value] of Object.entries(KEYS)) vi.stubEnv(name, value);
    const s3 = createS3({ AWS_ENDPOINT_URL: `http://127.0.0.1:${port}` }, WAIT_MS);
    toClose.push(async () => {
      vi.unstubAllEnvs();
      s3.destroy();
      server.closeAllConnections();
      server.close();
    });
    const reads = [new Bucket(s3, 'b').get('k'), new Bucket(s3, 'b').readRange('k', 0, 10)];
    const errors = await Promise.all(reads.map((read) => caught(read)));
    expect(errors.map((error) => failureOf(error).code)).toEqual(['Unavailable', 'Unavailable']);
  });
});
