import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { decodeDict } from '../../lib/catalogue/config-value.ts';
import { FunctionRef } from '../../lib/catalogue/function-ref.ts';
import { createLambda } from '../../lib/clients/aws.ts';
import { evaluateTask } from '../../lib/evaluate/evaluate.ts';
import { ensureEvaluationIndexes } from '../../lib/evaluate/records.ts';
import { Logger } from '../../lib/log/log.ts';
import { loads } from '../../lib/python/json.ts';
import { type Failure, failureOf } from '../../lib/queue/failure.ts';
import { registerTasks } from '../../lib/register/register.ts';
import type { SandboxTransport } from '../../lib/sandbox/client.ts';
import { lambdaSandbox } from '../../lib/sandbox/lambda.ts';
import { sandboxEvent } from '../../lib/sandbox/protocol.ts';
import type { LocalFunction } from '../../localstack/lambda.ts';
import { type LambdaEndpoint, startLambdaEndpoint } from '../../localstack/lambda-endpoint.ts';
import { catalogueOf, taskYaml } from '../catalogue/roots.ts';
import { type DataStack, openDataStack, parquet } from '../datasets/data-stack.ts';
import { chatBody, writeAnswered } from '../evaluate/answered-task.ts';
import { CATALOGUE, KeptQueue, servicesOn } from '../evaluate/own-services.ts';
import { type Gate, type GateState, openGate } from '../helpers/gate.ts';
import { testSandbox } from '../helpers/sandbox.ts';
import { useOwnDatabase } from '../ledger/own-database.ts';

const NAME = 'sampler-test-sandbox';
const KEYS = { AWS_REGION: 'us-east-1', AWS_ACCESS_KEY_ID: 'k', AWS_SECRET_ACCESS_KEY: 's' };
/** How long an answer may take: little where none comes, so that the tests take little. */
const [SHORT_MS, ANSWER_MS] = [2000, 60_000];
const log = new Logger('error', {}, () => {});
const PYTHON = `
def process_docs(dataset):
    return dataset.filter(lambda row: row["n"] > 0)

def process_results(doc, results):
    return {"right": int(results[0] == "none")}
`;

/** How the way to the function can be shut, what Lambda itself may answer, and what the function may come to. */
const AWAY = ['refused', 'silent', 'reset', 'busy', 'throttled', 'gone', 'failed', 'timed out', 'babbles'] as const;
type Away = (typeof AWAY)[number];

let boxes: SandboxTransport & Disposable;
let stack: DataStack;
let endpoint: LambdaEndpoint;
let throttling: Server;
let gate: Gate;
let away: Away | null = null;
const own = useOwnDatabase();
const toClose: (() => void)[] = [];

/** The function: real boxes behind Lambda's own protocol, or what is the matter with it. */
const sandbox: LocalFunction = {
  async invoke(event) {
    if (away === 'failed') throw Object.assign(new Error('out of memory'), { name: 'Runtime.ExitError' });
    if (away === 'timed out')
      throw Object.assign(new Error('Task timed out after 300.00 seconds'), { name: 'Sandbox.Timedout' });
    if (away === 'babbles') return { statusCode: 200 };
    return await boxes.send(sandboxEvent.parse(event));
  },
  stop: async () => {},
};

beforeAll(async () => {
  for (const [name, value] of Object.entries(KEYS)) process.env[name] ??= value;
  [boxes, stack] = await Promise.all([testSandbox(), openDataStack()]);
  await ensureEvaluationIndexes(own.db);
  const rows = parquet([{ name: 'n', data: [0n, 1n, 2n], type: 'INT64' }]);
  for (const state of AWAY) await stack.putDataset(`away/${state.replace(' ', '_')}`, { test: [rows] });
  endpoint = await startLambdaEndpoint(new Map([[NAME, sandbox]]));
  throttling = createServer((_, response) => {
    const headers = { 'x-amzn-errortype': 'TooManyRequestsException', 'content-type': 'application/json' };
    response.writeHead(429, headers).end('{"Reason":"ConcurrentInvocationLimitExceeded"}');
  }).listen(0, '127.0.0.1');
  gate = await openGate(portOf(endpoint.url));
}, 300_000);
afterEach(() => {
  for (const close of toClose.splice(0)) close();
});
afterAll(async () => {
  await gate?.close();
  throttling?.close();
  await endpoint?.close();
  boxes?.[Symbol.dispose]();
  await stack?.dispose();
});

const portOf = (url: string) => Number(new URL(url).port);

/** Shuts the way in that manner, and gives a client that has not been anywhere yet. */
async function coldWithout(state: Away): Promise<SandboxTransport> {
  away = state;
  const states: Partial<Record<Away, GateState>> = {
    refused: 'refused',
    silent: 'silent',
    reset: 'reset',
    busy: 'busy',
  };
  gate.lead(state === 'throttled' ? (throttling.address() as AddressInfo).port : portOf(endpoint.url));
  await gate.set(states[state] ?? 'open');
  const env = { AWS_ENDPOINT_URL_LAMBDA: `http://127.0.0.1:${gate.port}` };
  const client = createLambda(env, state === 'silent' ? SHORT_MS : ANSWER_MS);
  toClose.push(() => client.destroy());
  return lambdaSandbox(client, state === 'gone' ? 'sampler-test-none' : NAME);
}

/** Opens the way again. The same client goes on, but where its name was wrong or its patience short: what it comes to is seen then. */
async function comesBack(transport: SandboxTransport): Promise<SandboxTransport> {
  const was = away;
  gate.lead(portOf(endpoint.url));
  await gate.set('open');
  if (was === 'silent') {
    away = 'babbles';
    const { message } = await failed(
      transport.send({ session: 's', wheels: [], callMs: 1, documentMs: 1, packed: '' }),
    );
    expect(message).toContain('gave no answer of the sandbox');
  }
  away = null;
  if (was !== 'gone' && was !== 'silent') return transport;
  const client = createLambda({ AWS_ENDPOINT_URL_LAMBDA: `http://127.0.0.1:${gate.port}` }, ANSWER_MS);
  toClose.push(() => client.destroy());
  return lambdaSandbox(client, NAME);
}

async function failed(work: Promise<unknown>): Promise<Failure> {
  try {
    await work;
  } catch (error) {
    return failureOf(error);
  }
  throw new Error('it worked');
}

/** What may succeed later: its message comes back, and is in no dead-letter queue without a record. */
const UNAVAILABLE = { code: 'Unavailable', permanent: false, stack: undefined };

describe.each(AWAY)('the function sandbox %s at the first contact', (state) => {
  it('leaves a register message to be tried again, which the same client then does', async () => {
    const name = state.replace(' ', '_');
    const yaml = taskYaml(name).replace(
      'some/data',
      `away\ndataset_name: ${name}\nprocess_docs: !function utils.process_docs`,
    );
    const catalogue = {
      ...catalogueOf({ [`${name}.yaml`]: yaml }),
      sources: async () => new Map([['lm_eval/tasks/utils.py', PYTHON]]),
    };
    const register = (transport: SandboxTransport) =>
      registerTasks({ sql: stack.sql, source: stack.source, catalogue, sandbox: transport, log }, name);
    const cold = await coldWithout(state);
    expect(await failed(register(cold))).toMatchObject(UNAVAILABLE);
    const warm = await comesBack(cold);
    expect(await register(warm)).toMatchObject({ left: 0 });
    const made =
      await stack.sql`SELECT d.doc FROM sampler_processed_docs d JOIN sampler_processed_tasks USING (key) WHERE task_name = ${name}`;
    expect(made).toHaveLength(2);
  });
});

describe.each(['refused', 'silent', 'failed'] as const)('the function sandbox %s at the first contact', (state) => {
  it('leaves an evaluate message to be tried again, which the same client then does', async () => {
    const json = JSON.stringify({
      task: 'gsm8k',
      output_type: 'generate_until',
      doc_to_text: '{{question}}',
      metric_list: [{ metric: 'right' }],
    });
    const config = decodeDict(loads(json)).set('process_results', new FunctionRef('', 'utils', 'process_results'));
    const catalogue = {
      ...CATALOGUE,
      find: async () => ({ name: 'own', yaml: 'own.yaml', config, problem: null }),
      sources: async () => new Map([['lm_eval/tasks/utils.py', PYTHON]]),
    };
    const told = new KeptQueue();
    const id = await writeAnswered(own.db, [[chatBody('0')], [chatBody('none')]]);
    const selection = [{ task: 'own', metric: 'right' }];
    const evaluate = (transport: SandboxTransport) => {
      const services = {
        ...servicesOn(own.mongo, told),
        catalogue: async () => catalogue,
        sandbox: transport,
        selection,
      };
      return evaluateTask(services, id.toHexString(), log);
    };
    const cold = await coldWithout(state);
    expect(await failed(evaluate(cold))).toMatchObject(UNAVAILABLE);
    expect(await own.db.collection('results').countDocuments({ 'result_data.task_id': id })).toBe(0);
    expect(told.bodies).toEqual([]);
    const warm = await comesBack(cold);
    await evaluate(warm);
    const [result] = await own.db.collection('results').find({ 'result_data.task_id': id }).toArray();
    expect(result?.['scores'].map(({ score }: { score: number }) => score)).toEqual([0, 1]);
    expect(told.bodies).toHaveLength(1);
  });
});

it('a call that gets no answer is made once: three would take longer than whoever waits for them has', async () => {
  const cold = await coldWithout('silent');
  const came = gate.came;
  expect(await failed(cold.send({ session: 's', wheels: [], callMs: 1, documentMs: 1, packed: '' }))).toMatchObject(
    UNAVAILABLE,
  );
  expect(gate.came - came).toBe(1);
});
