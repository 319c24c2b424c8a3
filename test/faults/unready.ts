import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { MongoClient } from 'mongodb';
import postgres from 'postgres';
import { startMongo } from '../../localstack/mongo.ts';
import { startPostgres } from '../../localstack/postgres.ts';
import { choosePort } from '../../localstack/processes.ts';
import { MONGOD_BINARY } from './servers.ts';

/** A real server that can't do what it is asked. */
export interface Unready {
  readonly port: number;
  /** Mends what is wrong with it; without it, another server takes its place. */
  readonly mend?: () => Promise<void>;
}

/** Real servers in the states in which they let nobody work, by what is the matter with them. */
export interface UnreadyServers {
  readonly MongoDB: Readonly<Record<string, Unready>>;
  readonly Postgres: Readonly<Record<string, Unready>>;
  stop(): Promise<void>;
}

const CONNECTIONS = 12;
/** Room of a disk that is about to be full: what an empty server takes, and a little more. */
const MONGO_DISK_MB = 320;
const POSTGRES_DISK_MB = 160;

/**
 * Starts a MongoDB that is of no set yet, one that stepped down, one whose connections are used up; a Postgres in recovery, a
 * standby, one whose connections are used up; and, where this process may mount a disk in memory, one of each whose disk is full.
 */
export async function startUnready(dir: string): Promise<UnreadyServers> {
  const closers: (() => Promise<unknown> | unknown)[] = [];
  const at = (name: string) => {
    const folder = join(dir, `unready-${name}`);
    mkdirSync(folder, { recursive: true });
    return folder;
  };
  const stop = async () => {
    for (const close of closers.toReversed()) await close();
  };
  const starting = [
    mongoStarting(at('mongo-starting'), closers),
    mongoSteppedDown(at('mongo-stepped-down'), closers),
    mongoWithoutConnections(at('mongo-connections'), closers),
    mongoOnFullDisk(at('mongo-disk'), closers),
    postgresServers(at, closers),
  ] as const;
  // Where one can't be had, the others go as well: their disks would keep the suite's folder from going.
  const started = await Promise.all(starting).catch(async (error: unknown) => {
    await Promise.allSettled(starting);
    await stop();
    throw error;
  });
  const [ofNoSet, steppedDown, connections, disk, Postgres] = started;
  return {
    MongoDB: {
      'starting up': ofNoSet,
      'stepped down': steppedDown,
      'out of connections': connections,
      ...(disk === undefined ? {} : { 'disk full': disk }),
    },
    Postgres,
    stop,
  };
}

type Closers = (() => Promise<unknown> | unknown)[];

async function mongo(dir: string, closers: Closers, options: Parameters<typeof startMongo>[3] = {}): Promise<number> {
  const port = await choosePort();
  const server = await startMongo(dir, port, MONGOD_BINARY, options);
  closers.push(() => server.process.stop());
  return port;
}

/** A member of a set that it does not know of yet. */
async function mongoStarting(dir: string, closers: Closers): Promise<Unready> {
  return { port: await mongo(dir, closers, { until: 'listening' }) };
}

/** The only member of its set, which is not to be its primary for a day. */
async function mongoSteppedDown(dir: string, closers: Closers): Promise<Unready> {
  const port = await mongo(dir, closers);
  const client = new MongoClient(`mongodb://127.0.0.1:${port}/?directConnection=true`);
  await client.db('admin').command({ replSetStepDown: 86_400, force: true });
  await client.close();
  return { port };
}

async function mongoWithoutConnections(dir: string, closers: Closers): Promise<Unready> {
  const port = await mongo(dir, closers, { args: ['--maxConns', String(CONNECTIONS)] });
  const held = new Set<Socket>();
  let over = false;
  // MongoDB closes whom it has no room for; some of our own may still be among those it has room for.
  const hold = async (): Promise<void> => {
    while (!over) {
      const socket = connect(port, '127.0.0.1');
      held.add(socket);
      socket.on('error', () => {});
      await once(socket, 'close').catch(() => {});
      held.delete(socket);
      await sleep(20);
    }
  };
  for (let i = 0; i < CONNECTIONS; i++) void hold();
  closers.push(() => {
    over = true;
    for (const socket of held) socket.destroy();
  });
  return { port };
}

/** It ends by itself at the first write that finds no room; what comes after finds nobody. */
async function mongoOnFullDisk(dir: string, closers: Closers): Promise<Unready | undefined> {
  // The data alone, as its log goes on.
  const data = join(dir, 'mongo');
  if (!mountDisk(data, MONGO_DISK_MB, closers)) return undefined;
  const port = await mongo(dir, closers);
  fillDisk(data);
  return { port };
}

async function postgresServers(
  at: (name: string) => string,
  closers: Closers,
): Promise<Readonly<Record<string, Unready>>> {
  const first = at('postgres');
  const made = await startPostgres(first, await choosePort());
  await made.process.stop();
  const copy = (to: string) => {
    const data = join(to, 'postgres');
    mkdirSync(data, { recursive: true });
    const { status, stderr } = spawnSync('cp', ['-a', `${first}/postgres/.`, data], { encoding: 'utf8' });
    if (status !== 0) throw new Error(`Postgres's data could not be copied: ${stderr}`);
    return to;
  };
  const start = async (dir: string, options: Parameters<typeof startPostgres>[2]) => {
    const port = await choosePort();
    const { process: server } = await startPostgres(dir, port, options);
    closers.push(() => server.stop());
    return { port };
  };
  const standby = (dir: string) => {
    writeFileSync(join(dir, 'postgres', 'standby.signal'), '');
    return dir;
  };
  const starting = standby(copy(at('postgres-starting')));
  const reading = standby(copy(at('postgres-standby')));
  const used = copy(at('postgres-connections'));
  const full = at('postgres-disk');
  const mounted = mountDisk(join(full, 'postgres'), POSTGRES_DISK_MB, closers);
  const settings = { max_connections: CONNECTIONS };
  return {
    // In recovery, and not to be read meanwhile: "57P03" to whoever comes.
    'starting up': await start(starting, { settings: { hot_standby: 'off' }, until: 'listening' }),
    'standby only': await start(reading, { until: 'database' }),
    'out of connections': await useUp(await start(used, { settings }), closers),
    ...(mounted ? { 'disk full': await onFullDisk(copy(full), start) } : {}),
  };
}

/** Takes all its connections, also those that it keeps for superusers. */
async function useUp({ port }: Unready, closers: Closers): Promise<Unready> {
  const uri = `postgresql://sampler:sampler@127.0.0.1:${port}/sampler`;
  const held = Array.from({ length: CONNECTIONS }, () => postgres(uri, { max: 1, idle_timeout: 0 }));
  await Promise.all(held.map((one) => one`select 1`));
  closers.push(() => Promise.all(held.map((one) => one.end({ timeout: 0 }))));
  return { port };
}

async function onFullDisk(
  dir: string,
  start: (dir: string, options: Parameters<typeof startPostgres>[2]) => Promise<Unready>,
): Promise<Unready> {
  const { port } = await start(dir, {});
  const filler = fillDisk(join(dir, 'postgres'));
  return { port, mend: async () => rmSync(filler, { force: true }) };
}

/** A disk in memory; false where this process may not mount one. */
function mountDisk(dir: string, megabytes: number, closers: Closers): boolean {
  mkdirSync(dir, { recursive: true });
  const options = ['-t', 'tmpfs', '-o', `size=${megabytes}m,mode=0777`, 'tmpfs', dir];
  if (spawnSync('mount', options).status !== 0) return false;
  closers.push(() => spawnSync('umount', ['-l', dir]));
  return true;
}

/**
 * Leaves no room at all; gives the file that takes it. It writes until it is refused: how much is free is known to nobody
 * beforehand, as the server there writes as well.
 */
function fillDisk(dir: string): string {
  const file = join(dir, 'filler');
  const descriptor = openSync(file, 'w');
  try {
    for (let size = MOST_AT_ONCE; size >= 1; ) {
      if (!wrote(descriptor, size)) size = Math.floor(size / 2);
    }
  } finally {
    closeSync(descriptor);
  }
  return file;
}

const MOST_AT_ONCE = 1 << 20;

/** Whether there was room for so many bytes more, or for some of them. */
function wrote(descriptor: number, size: number): boolean {
  try {
    return writeSync(descriptor, Buffer.alloc(size)) > 0;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOSPC') return false;
    throw error;
  }
}
