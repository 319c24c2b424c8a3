import { join } from 'node:path';
import { bundleFunctions } from '../../localstack/bundle.ts';
import { type LocalFunction, localFunction } from '../../localstack/lambda.ts';
import { readServiceFile } from '../../localstack/service-file.ts';
import { type Gate, type GateState, openGate } from '../helpers/gate.ts';
import { required } from '../helpers/stack.ts';
import { INCLUDE, TASKS } from './own-tasks.ts';
import { takeAll } from './queues.ts';
import type { Request, Scene } from './scene.ts';

/** The servers, by the variable with the address at which a function finds each. */
const SERVERS = { MongoDB: 'MONGODB_URI', Postgres: 'POSTGRES_URI', 'S3 and SQS': 'AWS_ENDPOINT_URL' } as const;
type Server = keyof typeof SERVERS;

/** Which servers each function uses. */
const USES: Readonly<Record<string, readonly Server[]>> = {
  register: ['MongoDB', 'Postgres', 'S3 and SQS'],
  sample: ['MongoDB', 'Postgres', 'S3 and SQS'],
  shard: ['MongoDB', 'Postgres'],
  sweep: ['MongoDB'],
  evaluate: ['MongoDB'],
};

/** A process that never spoke to any server, one of which is away. */
interface Cold {
  readonly name: string;
  readonly process: LocalFunction;
  readonly event: object;
  readonly request: Request | undefined;
}

/** What cold processes did, and the requests that they had. */
export interface ColdOutcome {
  readonly requests: readonly Request[];
  /** How many processes there were. */
  readonly processes: number;
  /** Each that did otherwise than to fail while its server was away, and to work as soon as it was back. */
  readonly wrong: readonly string[];
  /** What they said of it that is no outage. */
  readonly unexpected: readonly string[];
}

/**
 * Starts a process of each function for each server that it uses, while that server is away, lets it fail, brings the server
 * back and delivers the same message again, to the same process.
 */
export async function workCold(scene: Scene, state: GateState): Promise<ColdOutcome> {
  const gates = {
    MongoDB: await openGate(scene.servers.mongoPort, state),
    Postgres: await openGate(scene.servers.postgresPort, state),
    'S3 and SQS': await openGate(Number(new URL(required(scene.env, 'AWS_ENDPOINT_URL')).port), state),
  };
  const lines: string[] = [];
  const wrong: string[] = [];
  const all = await startAll(scene, gates, (line) => lines.push(line));
  const report = async (should: 'fail' | 'work') => {
    for (const { name, did } of await Promise.all(all.map(deliver)))
      if (did !== should) wrong.push(`${name} did ${did}`);
  };
  try {
    await report('fail');
    for (const gate of Object.values(gates)) await gate.set('open');
    await report('work');
  } finally {
    await Promise.all(all.map(({ process }) => process.stop()));
    for (const gate of Object.values(gates)) await gate.close();
  }
  const requests = all.flatMap(({ request }) => request ?? []);
  const unexpected = lines.filter((line) => line.includes('"Unexpected"'));
  return { requests, processes: all.length, wrong, unexpected };
}

async function startAll(scene: Scene, gates: Record<Server, Gate>, onLine: (line: string) => void): Promise<Cold[]> {
  const service = readServiceFile(join(import.meta.dirname, '..', '..'));
  const bundles = await bundleFunctions(
    service,
    join(import.meta.dirname, '..', '..'),
    join(scene.servers.dir, 'cold'),
  );
  const all: Cold[] = [];
  for (const { name, memoryMb } of service.functions) {
    for (const server of USES[name] ?? []) {
      const { event, request } = await workFor(scene, name);
      const env = {
        ...scene.env,
        ...awayAt(scene, server, gates[server].port),
        AWS_MAX_ATTEMPTS: '1',
        NODE_COMPILE_CACHE: '',
      };
      const process = localFunction({
        bundle: bundles[name] ?? '',
        functionName: name,
        timeoutSeconds: 120,
        memoryMb,
        env,
        onLine,
      });
      all.push({ name: `${name} without ${server}`, process, event, request });
    }
  }
  return all;
}

function awayAt(scene: Scene, server: Server, port: number): Record<string, string> {
  if (server === 'MongoDB') return { MONGODB_URI: scene.mongoUriAt(port) };
  if (server === 'Postgres') return { POSTGRES_URI: scene.postgresUriAt(port) };
  return { AWS_ENDPOINT_URL: `http://127.0.0.1:${port}` };
}

async function workFor(scene: Scene, name: string): Promise<{ event: object; request: Request | undefined }> {
  if (name === 'sweep') return { event: {}, request: undefined };
  const register = JSON.stringify({ framework: 'lmeh', tasks: TASKS.join(','), include_path: INCLUDE });
  if (name === 'register') return { event: eventOf('register', register), request: undefined };
  // A task that is not there: it is refused, with a record, once MongoDB can be asked.
  if (name === 'evaluate') {
    return { event: eventOf('evaluate', JSON.stringify({ task_id: '0'.repeat(24) })), request: undefined };
  }
  const request = scene.request(5);
  if (name === 'sample') return { event: eventOf(request.id, request.message.body), request };
  await scene.plan(request);
  const [shard] = await takeAll(scene.sqs, scene.shardUrl);
  return { event: eventOf(request.id, shard?.body ?? ''), request };
}

/** What Lambda would deliver. Its receipt is of no queue: that the message waits is of no interest here. */
function eventOf(messageId: string, body: string): object {
  const attributes = { ApproximateReceiveCount: '1', SentTimestamp: '0' };
  return { Records: [{ messageId, receiptHandle: 'none', body, attributes, messageAttributes: {} }] };
}

async function deliver({ name, process, event }: Cold): Promise<{ name: string; did: string }> {
  try {
    const answer = await process.invoke(event);
    const failed = typeof answer === 'object' && answer !== null && 'batchItemFailures' in answer;
    return { name, did: failed && String(answer.batchItemFailures) !== '' ? 'fail' : 'work' };
  } catch (error) {
    // A sweep has no message to hand back; of the others each answers.
    return { name, did: name.startsWith('sweep') ? 'fail' : String(error) };
  }
}
