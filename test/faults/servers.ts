import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { MongoClient } from 'mongodb';
import { type MongoServer, startMongo } from '../../localstack/mongo.ts';
import { type PostgresServer, startPostgres } from '../../localstack/postgres.ts';
import { choosePort, runsWith } from '../../localstack/processes.ts';
import { MONGOD } from '../../localstack/stack.ts';

/** Databases of the suite's own, so that stopping them disturbs nobody else. */
export interface Servers {
  /** Their folder; it goes when they stop. */
  readonly dir: string;
  readonly mongoPort: number;
  readonly postgresPort: number;
  readonly mongodbUri: string;
  readonly postgresUri: string;
  /** Kills MongoDB without a word and starts it again. */
  crashMongo(): Promise<void>;
  /** MongoDB stands still for so many milliseconds. */
  freezeMongo(ms: number): Promise<void>;
  /** Restarts Postgres: in order, which ends its connections, or by its own emergency stop. */
  restartPostgres(how: 'in order' | 'at once'): Promise<void>;
  stop(): Promise<void>;
}

/** The MongoDB that is started. */
export const MONGOD_BINARY = process.env['MONGOMS_SYSTEM_BINARY'] || MONGOD;

const CACHE = join(import.meta.dirname, '..', '..', '.cache');

/** Starts them, with their data below `.cache`. */
export async function startServers(): Promise<Servers> {
  removeOldRuns();
  const dir = join(CACHE, `faults-${process.pid}`);
  mkdirSync(dir, { recursive: true });
  const [mongoPort, postgresPort] = [await choosePort(), await choosePort()];
  let mongo: MongoServer = await startTunedMongo(dir, mongoPort);
  let postgres: PostgresServer = await startPostgres(dir, postgresPort);
  const mongoPid = () => pidIn(join(dir, 'mongo', 'mongod.lock'));
  const postgresPid = () => pidIn(join(dir, 'postgres', 'postmaster.pid'));
  return {
    dir,
    mongoPort,
    postgresPort,
    mongodbUri: mongo.uri,
    postgresUri: postgres.uri,
    async crashMongo() {
      process.kill(mongoPid(), 'SIGKILL');
      await mongo.process.ended;
      mongo = await startTunedMongo(dir, mongoPort);
    },
    async freezeMongo(ms) {
      const pid = mongoPid();
      process.kill(pid, 'SIGSTOP');
      await new Promise((resolve) => setTimeout(resolve, ms));
      process.kill(pid, 'SIGCONT');
    },
    async restartPostgres(how) {
      if (how === 'at once') process.kill(postgresPid(), 'SIGQUIT');
      else void postgres.process.stop();
      await postgres.process.ended;
      postgres = await startPostgres(dir, postgresPort);
    },
    async stop() {
      await Promise.all([mongo.process.stop(), postgres.process.stop()]);
      unmountBelow(dir);
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** What a killed process had open in a transaction is rolled back after a second, not after the usual minute. */
async function startTunedMongo(dir: string, port: number): Promise<MongoServer> {
  const mongo = await startMongo(dir, port, MONGOD_BINARY);
  const client = new MongoClient(mongo.uri);
  await client.db('admin').command({ setParameter: 1, transactionLifetimeLimitSeconds: 1 });
  await client.close();
  return mongo;
}

function pidIn(file: string): number {
  return Number.parseInt(readFileSync(file, 'utf8'), 10);
}

/** Folders of runs that were killed. */
function removeOldRuns(): void {
  for (const name of readdirSync(CACHE)) {
    const pid = /^faults-(\d+)$/.exec(name)?.[1];
    if (pid === undefined || runsWith(Number(pid), 'node')) continue;
    unmountBelow(join(CACHE, name));
    rmSync(join(CACHE, name), { recursive: true, force: true });
  }
}

/** Disks in memory that such a run had (unready.ts): a folder with one in it can't be removed. */
function unmountBelow(folder: string): void {
  if (!existsSync('/proc/mounts')) return;
  for (const line of readFileSync('/proc/mounts', 'utf8').split('\n')) {
    const point = line.split(' ')[1] ?? '';
    if (point.startsWith(`${folder}/`)) spawnSync('umount', ['-l', point]);
  }
}
