import { setTimeout as sleep } from 'node:timers/promises';
import { between } from './chance.ts';
import type { Request, Scene } from './scene.ts';
import { mongoWire, type Passing } from './wire.ts';
import type { Worker } from './workers.ts';

/** How processes are killed. */
export interface Killing {
  readonly kills: number;
  /** How many processes work at a time. */
  readonly processes: number;
  /** Documents of the request with that number. */
  readonly qty: (request: number) => number;
  /** Requests under way at a time. */
  readonly ahead: number;
  /** Starts process number `life` with functions `roles` and resolves when it was killed. */
  readonly lifeAndDeath: (life: number, roles: readonly string[]) => Promise<void>;
}

/**
 * Keeps processes at work, each until it is killed, and requests coming; after the last kill, one process finishes what
 * is left. Gives the requests, all of them answered.
 */
export async function killWhileWorking(
  scene: Scene,
  { kills, processes, qty, ahead, lifeAndDeath }: Killing,
): Promise<Request[]> {
  const requests: Request[] = [];
  let lives = 0;
  let deaths = 0;
  const slot = async (number: number) => {
    // There is always one that plans, or those that wait for shards would wait for ever.
    const roles = number === 0 ? ['sample', 'shard'] : ['shard'];
    while (lives < kills) {
      await lifeAndDeath(lives++, roles);
      deaths++;
    }
  };
  const feed = async () => {
    while (deaths < kills) {
      const ids = requests.map(({ plan }) => plan);
      const done = await scene.db.collection('tasks').countDocuments({ _id: { $in: ids } });
      const more = Array.from({ length: Math.max(0, ahead - (requests.length - done)) }, (_, i) =>
        scene.request(qty(requests.length + i)),
      );
      requests.push(...more);
      await scene.send(more);
      await scene.redriveAll();
      await sleep(200);
    }
  };
  await Promise.all([feed(), ...Array.from({ length: processes }, (_, i) => slot(i))]);
  scene.workers.start(['sample', 'shard']);
  await scene.untilDone(requests);
  await scene.workers.stopAll();
  return requests;
}

/** Kills a process in one of its first batches: right at the beginning, when connections are made, or well at work. */
export async function killByChance(worker: Worker): Promise<void> {
  await worker.begins(between(1, 3));
  await sleep(between(0, 150));
  if (!worker.kill()) throw new Error('the process had ended before it could be killed');
  await worker.ended;
}

/** A command to MongoDB. */
export type Command = Omit<Passing, 'when'>;

/**
 * Runs a process and kills it right before a command reaches MongoDB, or right before the process learns of the answer.
 * @param after a command that has to come before
 */
export async function killAt(
  scene: Scene,
  roles: readonly string[],
  place: Passing,
  env: Record<string, string> = {},
  after?: Command,
): Promise<void> {
  const { worker, close } = await condemned(scene, roles, [place], env, after);
  await worker.ended;
  close();
}

/** Kills one process after the other at the first of these places until `over`; gives the number of deaths. */
export async function killUntil(
  scene: Scene,
  roles: readonly string[],
  places: readonly Passing[],
  over: () => Promise<boolean>,
): Promise<number> {
  let deaths = 0;
  while (!(await over())) {
    const { worker, close } = await condemned(scene, roles, places, {});
    let alive = true;
    void worker.ended.then(() => {
      alive = false;
    });
    while (alive && !(await over())) await sleep(100);
    if (alive) worker.kill();
    else deaths++;
    await worker.ended;
    close();
  }
  return deaths;
}

/** Starts a process that will be killed at the first of these places. */
async function condemned(
  scene: Scene,
  roles: readonly string[],
  places: readonly Passing[],
  env: Record<string, string>,
  after?: Command,
): Promise<{ worker: Worker; close: () => void }> {
  let worker: Worker | undefined;
  let begun = after === undefined;
  const wire = await mongoWire(scene.servers.mongoPort, ({ command, collection, when }) => {
    const is = (at: Command) => command === at.command && collection === at.collection;
    if (after !== undefined && is(after)) begun = true;
    if (!begun || !places.some((at) => is(at) && when === at.when)) return true;
    worker?.kill();
    return false;
  });
  worker = scene.workers.start(roles, { ...env, MONGODB_URI: scene.mongoUriAt(wire.port) });
  return { worker, close: () => wire.close() };
}
