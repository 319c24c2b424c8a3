import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeDict } from '../../lib/catalogue/config-value.ts';
import { FunctionRef } from '../../lib/catalogue/function-ref.ts';
import { evaluateTask } from '../../lib/evaluate/evaluate.ts';
import { ensureEvaluationIndexes } from '../../lib/evaluate/records.ts';
import { Logger } from '../../lib/log/log.ts';
import { loads } from '../../lib/python/json.ts';
import type { SandboxTransport } from '../../lib/sandbox/client.ts';
import { testSandbox } from '../helpers/sandbox.ts';
import { useOwnDatabase } from '../ledger/own-database.ts';
import { chatBody, writeAnswered } from './answered-task.ts';
import { CATALOGUE, KeptQueue, servicesOn } from './own-services.ts';

const own = useOwnDatabase();
let sandbox: SandboxTransport & Disposable;
beforeAll(async () => {
  sandbox = await testSandbox();
  await ensureEvaluationIndexes(own.db);
}, 300_000);
afterAll(() => sandbox?.[Symbol.dispose]());

const PATH = 'lm_eval/tasks/own/utils.py';
const MODULE = `
def process_results(doc, results):
    number = int(results[0])
    return {'right': int(str(number) == doc['answer'].split()[-1]), 'length': len(results[0])}

def hungry(doc, results):
    return {'right': len('x' * 10 ** 9) if results[0] == 'none' else 1, 'length': len(results[0])}

def with_library(doc, results):
    import sklearn
    return {'right': sklearn.score(results)}
`;

/** Evaluates three answers by a task whose \`process_results\` is that function, of the harness or of a folder staged as \`own\`. */
async function evaluated(name: string, transport: SandboxTransport | undefined, folder = 'own') {
  const config = decodeDict(
    loads(
      JSON.stringify({
        task: 'gsm8k',
        output_type: 'generate_until',
        doc_to_text: '{{question}}',
        metric_list: [{ metric: 'length' }, { metric: 'right' }],
      }),
    ),
  );
  config.set('process_results', new FunctionRef(folder, 'utils', name));
  const catalogue = async (includePath?: string) => ({
    ...CATALOGUE,
    find: async () => ({ name: 'own', yaml: 'own/own.yaml', config, problem: null }),
    sources: async () => new Map([includePath === 'own' ? ['include/own/utils.py', MODULE] : [PATH, MODULE]]),
  });
  const told = new KeptQueue();
  const id = await writeAnswered(own.db, [[chatBody('0')], [chatBody('none')], [chatBody('22')]]);
  const selection = [{ task: 'own', metric: 'right' }];
  const services = { ...servicesOn(own.mongo, told), catalogue, sandbox: transport, selection };
  await evaluateTask(services, id.toHexString(), new Logger('error', {}, () => {}));
  const result = await own.db.collection('results').findOne({ 'result_data.task_id': id });
  const evaluation = await own.db.collection('evaluations').findOne({ _id: id });
  return { result, evaluation, told: told.bodies.length };
}

/** Id, score and status of each sample of a result. */
function scoresOf(result: Awaited<ReturnType<typeof evaluated>>['result']) {
  return result?.['scores'].map((sample: Record<string, unknown>) => [
    sample['id'],
    sample['score'],
    sample['status_code'],
  ]);
}

describe('tasks that a Python function scores', () => {
  it('get its metrics for each document, and a document that it raises for counts against nobody', async () => {
    const { result, evaluation, told } = await evaluated('process_results', sandbox);
    expect(scoresOf(result)).toEqual([
      [0, 1, 0],
      [2, 0, 0],
      [1, 0, 11],
    ]);
    expect(JSON.stringify(result?.['scores'])).toContain('ValueError');
    expect(evaluation?.['metrics']).toContainEqual(expect.objectContaining({ metric: 'length', mean: 1.5 }));
    expect(told).toBe(1);
  });

  it('may have it in the include folder that their message named', async () => {
    const { result } = await evaluated('process_results', sandbox, 'include/own');
    expect(scoresOf(result)).toEqual([
      [0, 1, 0],
      [2, 0, 0],
      [1, 0, 11],
    ]);
  });

  it('lose one document to what a box has no memory for, and score the others without it', async () => {
    const { result } = await evaluated('hungry', sandbox);
    expect(scoresOf(result)).toEqual([
      [0, 1, 0],
      [2, 1, 0],
      [1, 0, 11],
    ]);
    expect(JSON.stringify(result?.['scores'])).toContain('memory');
  });

  it.each([['with_library', /own\/utils\.with_library can't be run here: sklearn/]])(
    'are reported once, with the function, where it needs what the sandbox lacks (%s)',
    async (name, why) => {
      const { result, evaluation, told } = await evaluated(name, sandbox);
      expect(result?.['result_data']).toMatchObject({ status: 12, num_samples: 0 });
      expect(evaluation?.['error'].message).toMatch(why);
      expect(told).toBe(1);
    },
  );

  it('are reported once where no function runs Python', async () => {
    const { evaluation, told } = await evaluated('process_results', undefined);
    expect(evaluation?.['error'].message).toMatch(/own\/utils\.process_results .*SANDBOX_FUNCTION/);
    expect(told).toBe(1);
  });
});
