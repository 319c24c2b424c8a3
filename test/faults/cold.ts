import { join } from 'node:path';
import { bundleFunctions } from '../../localstack/bundle.ts';
import { type LocalFunction, localFunction } from '../../localstack/lambda.ts';
import { readServiceFile } from '../../localstack/service-file.ts';
import { type Gate, type GateState, openGate } from '../helpers/gate.ts';
import { required } from '../helpers/stack.ts';
import { type Cell, cells, type Server } from './cold-cells.ts';
import { ColdWork, type Work } from './cold-work.ts';
import type { Request, Scene } from './scene.ts';
import { startUnready, type Unready, type UnreadyServers } from './unready.ts';

const ROOT = join(import.meta.dirname, '..', '..');
/** Processes at a time: most of them wait. */
const AT_A_TIME = 14;
const TIMEOUT_SECONDS = 120;
/** A process needs this long at most, after the server's return, to do what it could not. */
const RETURN_SECONDS = 60;

/** What cold processes did, and the requests that they had. */
export interface ColdOutcome {
  readonly requests: readonly Request[];
  /** How many processes there were. */
  readonly processes: number;
  /** Each that did otherwise than to fail while its server was away, and to work as soon as it was back. */
  readonly wrong: readonly string[];
  /** What they said of it that is no outage. */
  readonly unexpected: readonly string[];
  /** The states of servers that this machine could not give. */
  readonly leftOut: readonly string[];
  /** The longest that a process took for its work after the server's return, in seconds. */
  readonly slowest: number;
}

/**
 * Starts a process for each cell while its server is away, lets it fail, brings the server back and delivers the same message
 * again, to the same process.
 */
export async function workCold(scene: Scene): Promise<ColdOutcome> {
  const all = cells();
  const service = readServiceFile(ROOT);
  const [unready, bundles, work] = await Promise.all([
    startUnready(scene.servers.dir),
    bundleFunctions(service, ROOT, join(scene.servers.dir, 'cold')),
    ColdWork.for(scene, all.length),
  ]);
  const [wrong, unexpected, leftOut, requests]: [string[], string[], string[], Request[]] = [[], [], [], []];
  let [processes, slowest] = [0, 0];
  const run = async (cell: Cell) => {
    const what = `${cell.name} without ${cell.server} (${cell.away})`;
    const away = await openWay(scene, unready, cell);
    if (away === null) return void leftOut.push(what);
    processes++;
    const given = await making(() => work.make(cell));
    if (given.request) requests.push(given.request);
    const { memoryMb } = service.functions.find(({ name }) => name === cell.name) ?? { memoryMb: 512 };
    const lambda = localFunction({
      bundle: bundles[cell.name] ?? '',
      functionName: cell.name,
      timeoutSeconds: TIMEOUT_SECONDS,
      memoryMb,
      env: { ...scene.env, ...given.env, ...addressesOf(scene, cell.server, away.gate.port, given.database) },
      onLine: (line) => line.includes('"Unexpected"') && unexpected.push(`${what}: ${line}`),
    });
    try {
      const first = await deliver(lambda, given);
      if (first !== 'failed') wrong.push(`${what}: while it was away, it ${first}`);
      await away.comesBack();
      const started = Date.now();
      const then = await untilWorking(lambda, given);
      slowest = Math.max(slowest, (Date.now() - started) / 1000);
      if (then !== 'worked') wrong.push(`${what}: when it was back, it ${then}`);
      else if (!(await given.done())) wrong.push(`${what}: it said that it worked, and nothing is to be seen of it`);
    } finally {
      await lambda.stop();
      await away.gate.close();
    }
  };
  // Work for shards is planned one after the other, as each takes the one message that is on the queue then.
  let before: Promise<unknown> = Promise.resolve();
  const making = (make: () => Promise<Work>): Promise<Work> => {
    const made = before.then(make);
    before = made.catch(() => {});
    return made;
  };
  try {
    const left = [...all];
    const next = async (): Promise<void> => {
      for (let cell = left.shift(); cell; cell = left.shift()) await run(cell);
    };
    await Promise.all(Array.from({ length: AT_A_TIME }, next));
  } finally {
    await unready.stop();
  }
  return { requests, processes, wrong, unexpected, leftOut, slowest };
}

/** The way of one process to the server that is away for it. */
interface Way {
  readonly gate: Gate;
  readonly comesBack: () => Promise<void>;
}

/** Null where this machine can't have a server in that state. */
async function openWay(scene: Scene, unready: UnreadyServers, { server, away }: Cell): Promise<Way | null> {
  const port = portOf(scene, server);
  if (isGateState(away)) {
    const gate = await openGate(port, away);
    return { gate, comesBack: () => gate.set('open') };
  }
  const there: Unready | undefined = server === 'MongoDB' || server === 'Postgres' ? unready[server][away] : undefined;
  if (there === undefined) return null;
  const gate = await openGate(there.port);
  const comesBack = there.mend ?? (async () => gate.lead(port));
  return { gate, comesBack };
}

function isGateState(away: string): away is GateState {
  return ['refused', 'silent', 'reset', 'busy'].includes(away);
}

function portOf({ servers, env }: Scene, server: Server): number {
  if (server === 'MongoDB') return servers.mongoPort;
  if (server === 'Postgres') return servers.postgresPort;
  return Number(new URL(required(env, 'AWS_ENDPOINT_URL')).port);
}

/** Where the process finds its servers: the one that is away behind its gate. */
function addressesOf(scene: Scene, server: Server, port: number, database?: string): Record<string, string> {
  const mongo = new URL(server === 'MongoDB' ? scene.mongoUriAt(port) : scene.mongoUriAt(scene.servers.mongoPort));
  if (database !== undefined) mongo.pathname = `/${database}`;
  return {
    MONGODB_URI: mongo.href,
    ...(server === 'Postgres' ? { POSTGRES_URI: scene.postgresUriAt(port) } : {}),
    ...(server === 'S3' || server === 'SQS' ? { [`AWS_ENDPOINT_URL_${server}`]: `http://127.0.0.1:${port}` } : {}),
    AWS_MAX_ATTEMPTS: '1',
  };
}

/** Delivers as SQS does, again while it fails. */
async function untilWorking(process: LocalFunction, work: Work): Promise<string> {
  const end = Date.now() + RETURN_SECONDS * 1000;
  let did = await deliver(process, work);
  while (did === 'failed' && Date.now() < end) did = await deliver(process, work);
  return did;
}

async function deliver(process: LocalFunction, { event }: Work): Promise<string> {
  try {
    const answer = await process.invoke(event);
    const failed = typeof answer === 'object' && answer !== null && 'batchItemFailures' in answer;
    return failed && String(answer.batchItemFailures) !== '' ? 'failed' : 'worked';
  } catch (error) {
    // A sweep has no message to hand back; of the others each answers.
    return 'Records' in event ? `ended with ${String(error)}` : 'failed';
  }
}
