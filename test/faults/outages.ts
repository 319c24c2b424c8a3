import { ROW_MARK } from './own-tasks.ts';
import type { Request, Scene } from './scene.ts';
import { byteWire, mongoWire, type Passing, type Wire } from './wire.ts';

/** Something that befalls a database when a command passes. */
export interface Outage {
  readonly at: Passing;
  readonly befalls: () => Promise<void>;
  /** Whether the command, or its answer, still goes through. */
  readonly passes: boolean;
}

/** Lets a process work on the requests while one outage of MongoDB after the other happens, each at its command. */
export async function workThroughOutages(
  scene: Scene,
  requests: readonly Request[],
  outages: readonly Outage[],
): Promise<void> {
  const left = [...outages];
  let running: Promise<void> | undefined;
  const failures: unknown[] = [];
  const wire = await mongoWire(scene.servers.mongoPort, (passing) => {
    const [next] = left;
    if (running || !next || !isAt(passing, next.at)) return true;
    left.shift();
    running = next
      .befalls()
      .catch((error: unknown) => void failures.push(error))
      .finally(() => {
        running = undefined;
      });
    return next.passes;
  });
  await workAt(scene, requests, wire, { MONGODB_URI: scene.mongoUriAt(wire.port) });
  if (failures.length > 0) throw failures[0];
  if (left.length > 0) throw new Error(`${left.length} outages did not happen: there was too little work`);
}

/** The same for Postgres, which is restarted when rows are on their way. */
export async function workThroughRestarts(
  scene: Scene,
  requests: readonly Request[],
  restarts: readonly ('in order' | 'at once')[],
): Promise<void> {
  const left = [...restarts];
  let running: Promise<void> | undefined;
  const failures: unknown[] = [];
  const wire = await byteWire(scene.servers.postgresPort, (bytes) => {
    if (running || !bytes.includes(ROW_MARK)) return true;
    const how = left.shift();
    if (!how) return true;
    running = scene.servers
      .restartPostgres(how)
      .catch((error: unknown) => void failures.push(error))
      .finally(() => {
        running = undefined;
      });
    return false;
  });
  await workAt(scene, requests, wire, { POSTGRES_URI: scene.postgresUriAt(wire.port) });
  if (failures.length > 0) throw failures[0];
  if (left.length > 0) throw new Error(`${left.length} restarts did not happen: there was too little work`);
}

async function workAt(
  scene: Scene,
  requests: readonly Request[],
  wire: Wire,
  env: Record<string, string>,
): Promise<void> {
  scene.workers.start(['sample', 'shard'], env);
  await scene.send(requests);
  await scene.untilDone(requests);
  await scene.workers.stopAll();
  wire.close();
}

function isAt(passing: Passing, at: Passing): boolean {
  return passing.command === at.command && passing.collection === at.collection && passing.when === at.when;
}
