import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { BSON, type Db, type Document, Int32, Long, MongoClient, ObjectId } from 'mongodb';
import type { Catalogue } from '../../../lib/catalogue/catalogue.ts';
import { SamplerError } from '../../../lib/errors/errors.ts';
import { evaluateTask } from '../../../lib/evaluate/evaluate.ts';
import { ensureEvaluationIndexes } from '../../../lib/evaluate/records.ts';
import { Ledger } from '../../../lib/ledger/ledger.ts';
import { Logger } from '../../../lib/log/log.ts';
import { dumps } from '../../../lib/python/json.ts';
import type { PyDict } from '../../../lib/python/value.ts';
import type { SandboxTransport } from '../../../lib/sandbox/client.ts';
import { startMongo } from '../../../localstack/mongo.ts';
import { choosePort } from '../../../localstack/processes.ts';
import { MONGOD } from '../../../localstack/stack.ts';
import { dictIn, EQUAL, linesOf, listIn, textIn, type Verdict } from './lines.ts';

const CACHE = join(import.meta.dirname, '..', '..', '..', '.cache');
const { EJSON } = BSON;

/** Evaluates whole tasks on a MongoDB of its own. */
export class TaskBench {
  readonly #db: Db;
  readonly #mongo: MongoClient;
  readonly #catalogue: Catalogue;
  readonly #sandbox: SandboxTransport;
  readonly #close: () => Promise<void>;

  private constructor(mongo: MongoClient, catalogue: Catalogue, sandbox: SandboxTransport, close: () => Promise<void>) {
    this.#sandbox = sandbox;
    this.#mongo = mongo;
    this.#db = mongo.db();
    this.#catalogue = catalogue;
    this.#close = close;
  }

  static async open(catalogue: Catalogue, sandbox: SandboxTransport): Promise<TaskBench> {
    const home = join(CACHE, `conformance-${process.pid}`);
    mkdirSync(home, { recursive: true });
    const server = await startMongo(home, await choosePort(), MONGOD);
    const mongo = new MongoClient(server.uri);
    await ensureEvaluationIndexes(mongo.db());
    return new TaskBench(mongo, catalogue, sandbox, async () => {
      await mongo.close();
      await server.process.stop();
      rmSync(home, { recursive: true, force: true });
    });
  }

  close(): Promise<void> {
    return this.#close();
  }

  /**
   * Writes the documents of a task, evaluates it, and gives what then is in `results` and how often that was told. With
   * responses of an earlier evaluation, it is evaluated by those first.
   */
  async evaluate(
    documents: Readonly<Record<string, readonly Document[]>>,
    earlier: readonly Document[] = [],
  ): Promise<Outcome> {
    const collections = ['tasks', 'instances', 'prompts', 'responses', 'results', 'evaluations'];
    await Promise.all(collections.map((name) => this.#db.collection(name).deleteMany({})));
    for (const [name, list] of Object.entries({ ...documents, responses: [] })) {
      if (list.length > 0) await this.#db.collection(name).insertMany([...list]);
    }
    let told = 0;
    const services = {
      mongo: this.#mongo,
      db: this.#db,
      ledger: new Ledger(this.#db, 1000),
      catalogue: async () => this.#catalogue,
      sandbox: this.#sandbox,
      evaluatedQueue: {
        async send(bodies: readonly string[]) {
          told += bodies.length;
        },
      },
    };
    const id = String(documents['tasks']?.[0]?.['_id']);
    let refusal: string | null = null;
    for (const responses of [...(earlier.length > 0 ? [earlier] : []), documents['responses'] ?? []]) {
      await this.#db.collection('responses').deleteMany({});
      if (responses.length > 0) await this.#db.collection('responses').insertMany([...responses]);
      try {
        await evaluateTask(services, id, new Logger('error', {}, () => {}));
      } catch (error) {
        if (!(error instanceof SamplerError)) throw error;
        refusal = `${error.code}: ${error.message}`;
      }
    }
    const result = await this.#db.collection('results').findOne({}, { promoteValues: false });
    const evaluation = await this.#db.collection('evaluations').findOne({ kind: 'task' });
    return { result, told, refusal: refusal ?? evaluation?.['error']?.message ?? null };
  }
}

interface Outcome {
  readonly result: Document | null;
  readonly told: number;
  readonly refusal: string | null;
}

/** `results__end_to_end.jsonl`: the four collections before, and the results document after. */
export async function* endToEnd(path: string, bench: TaskBench): AsyncGenerator<Verdict> {
  for await (const line of linesOf(path)) {
    const what = `${textIn(line, 'task')} ${textIn(line, 'path')} ${textIn(line, 'variant')}`;
    const before: Record<string, Document[]> = EJSON.parse(dumps(dictIn(line, 'before')), { relaxed: false });
    const { result, told } = await bench.evaluate(before);
    const expected: Document = EJSON.parse(dumps(dictIn(line, 'result')), { relaxed: false });
    const [actual, wanted] = [comparable(result), comparable(expected)];
    if (told !== 1) yield { outcome: 'different', what, why: `told ${told} times` };
    else if (actual === wanted) yield EQUAL(what);
    else if (severalAnswers(before['responses'] ?? []))
      yield { outcome: 'correction', what, why: 'of several responses of a document the first good one counts' };
    else yield { outcome: 'different', what, why: `${actual} instead of ${wanted}` };
  }
}

/** `edge__gsm8k_chat.jsonl`: odd situations of three documents. */
export async function* edges(path: string, bench: TaskBench): AsyncGenerator<Verdict> {
  for await (const line of linesOf(path)) {
    const what = textIn(line, 'case');
    const documents = threeDocuments(line);
    const again = what.startsWith('evaluated');
    const { result, refusal } = await bench.evaluate(documents, again ? rightAnswers(line, documents) : []);
    const there = line.get('result') ?? null;
    const wanted = there === null ? null : comparable(resultOf(dictIn(line, 'result')));
    const actual = result === null ? null : comparable(result);
    if (actual === wanted) {
      yield EQUAL(what);
      continue;
    }
    const why = correction(line, documents['responses'] ?? [], result, refusal);
    yield why === null
      ? { outcome: 'different', what, why: `${actual} (${refusal}) instead of ${wanted}` }
      : { outcome: 'correction', what, why };
  }
}

/** Why a case differs on purpose; null where it does not. */
function correction(
  line: PyDict,
  responses: readonly Document[],
  result: Document | null,
  refusal: string | null,
): string | null {
  const there = line.get('result') ?? null;
  const status = there === null ? null : Number(dictIn(line, 'result').get('status'));
  if (line.get('done_before') === false) return result === null ? `the message waits (${refusal})` : null;
  const samples: Document[] = result?.['scores'] ?? [];
  if (there === null || status === 12) {
    if (samples.length === 3) return 'the task is lost there; here each document has its sample';
    return refusal !== null ? `can't be evaluated, and the Manager is informed (${refusal})` : null;
  }
  if (textIn(line, 'case').startsWith('evaluated')) return 'a task is evaluated once';
  if (severalAnswers(responses)) return 'of several responses of a document the first good one counts';
  if (responses.some(({ response }) => /"tool_calls": ?null/.test(String(response))))
    return 'tool_calls: null is accepted';
  if (
    listIn(dictIn(line, 'result'), 'scores').some(
      (score) => score instanceof Map && String(score.get('error_str')).length > 1024,
    )
  )
    return 'error_str holds 1 KB at most';
  return null;
}

function severalAnswers(responses: readonly Document[]): boolean {
  return new Set(responses.map(({ prompt_id }) => String(prompt_id))).size < responses.length;
}

/** What the three documents were answered with before the second evaluation. */
function rightAnswers(line: PyDict, { prompts = [] }: Readonly<Record<string, readonly Document[]>>): Document[] {
  return listIn(line, 'gold').map((gold, i) => {
    const message = { role: 'assistant', content: `It is ${String(gold)}` };
    const body = { id: 'x', model: 'm', choices: [{ index: 0, message }], usage: {} };
    const { _id: prompt_id, instance_id, task_id } = prompts[i] ?? {};
    const ms = Long.fromNumber([100, 200, 102][i] ?? 0);
    return {
      ok: true,
      error_code: 0,
      ms,
      response: JSON.stringify(body),
      error: '',
      session_height: Long.fromNumber(985),
      task_id,
      instance_id,
      prompt_id,
    };
  });
}

function threeDocuments(line: PyDict): Record<string, Document[]> {
  const taskId = new ObjectId();
  const done = line.get('done_before') !== false;
  const asked = listIn(line, 'gold').map((gold, position) => ({
    position,
    gold: String(gold),
    instance: new ObjectId(),
    prompt: new ObjectId(),
  }));
  const brokenPrompt = textIn(line, 'case').includes('prompt data not JSON');
  const task: Document = {
    _id: taskId,
    framework: 'lmeh',
    requester_args: { address: 'addr1', service: 'svc1', method: 'POST', path: '/v1/chat/completions', headers: null },
    blacklist: [],
    llm_args: null,
    qty: 3,
    tasks: 'gsm8k',
    total_instances: 3,
    request_type: 'generate_until',
    done,
    evaluated: false,
    drop: false,
    ...EJSON.parse(dumps(dictIn(line, 'task_changes'))),
  };
  const responses = listIn(line, 'responses').flatMap((response): Document[] => {
    if (!(response instanceof Map)) return [];
    const { doc, ...fields }: Document = EJSON.parse(dumps(response));
    const to = asked[Number(doc)];
    for (const name of ['ms', 'height', 'session_height']) {
      if (Number.isInteger(fields[name])) fields[name] = Long.fromNumber(fields[name]);
    }
    return to ? [{ ...fields, task_id: taskId, instance_id: to.instance, prompt_id: to.prompt }] : [];
  });
  return {
    tasks: [task],
    instances: asked.map(({ position, gold, instance }) => ({
      _id: instance,
      request_type: 'generate_until',
      doc: { __id: position, question: 'How many?', answer: `It is so.\n#### ${gold}` },
      arguments: ['[]', {}],
      idx: 0,
      metadata: ['gsm8k', position, 1],
      task_name: 'gsm8k',
      doc_id: new Int32(position),
      repeats: 1,
      task_id: taskId,
      done,
    })),
    prompts: asked.map(({ position, instance, prompt }) => ({
      _id: prompt,
      data: brokenPrompt && position === 1 ? 'not JSON' : '{"messages":[]}',
      task_id: taskId,
      instance_id: instance,
      done,
      trigger_session: 0,
    })),
    responses,
  };
}

/** The fields of a result that edges list, as they would be stored. */
function resultOf(result: PyDict): Document {
  const { scores, ...data }: Document = JSON.parse(dumps(result));
  return { result_data: data, scores };
}

/** A result without ids and times, its numbers as text; both kinds of whole numbers look alike. */
function comparable(result: Document | null): string {
  if (result === null) return 'no result';
  const { num_samples, status, result_height } = result['result_data'];
  const scores = result['scores'].map((score: Document) =>
    [score['score'], score['id'], score['run_time'], score['status_code'], score['error_str']].map(String).join(' '),
  );
  const kinds = result['scores'].map((score: Document) => Object.keys(score).join());
  return (
    JSON.stringify([num_samples, status, result_height].map(String)) +
    JSON.stringify(scores) +
    JSON.stringify([...new Set(kinds)])
  );
}
