import { ObjectId } from 'mongodb';
import type { ConfigValue } from '../../lib/catalogue/config-value.ts';
import type { NewPlan } from '../../lib/ledger/records.ts';
import type { AskedSettings, Plan } from '../../lib/plan/plan.ts';
import { encodePlan } from '../../lib/plan/plan.ts';
import type { PyValue } from '../../lib/python/value.ts';

/** What a message of our own asks for. */
export function messageOf(changes: Partial<AskedSettings> = {}): AskedSettings {
  return {
    framework: 'lmeh',
    requesterArgs: new Map<PyValue, PyValue>([
      ['address', 'a'],
      ['service', 's'],
      ['method', 'POST'],
      ['path', '/v1/chat/completions'],
      ['headers', new Map([['Content-Type', 'application/json']])],
    ]),
    blacklist: [3, 1],
    llmArgs: new Map<PyValue, PyValue>([['tokenizer_backend', null]]),
    shotsAsked: 2,
    genKwargs: null,
    bootstrapIters: 100000,
    systemInstruction: null,
    applyChatTemplate: true,
    fewshotAsMultiturn: true,
    confirmRunUnsafeCode: false,
    ...changes,
  };
}

/** A plan of our own. */
export function planOf(changes: Partial<Plan> = {}, asked: Partial<AskedSettings> = {}): Plan {
  const config = {
    task: 'own',
    dataset_path: 'own/data',
    test_split: 'test',
    output_type: 'generate_until',
    doc_to_text: 'q',
  };
  return {
    task: 'own',
    resolvedTask: 'own',
    requestType: 'generate_until',
    shotsInEffect: 2,
    repeats: 1,
    docCount: 4,
    seed: 12n,
    evalSplit: 'test',
    entry: {
      name: 'own',
      yaml: 'own/own.yaml',
      config: new Map<PyValue, ConfigValue>(Object.entries(config)),
      problem: null,
    },
    asked: messageOf(asked),
    ...changes,
  };
}

/** What a new plan is recorded with: four documents in two shards. */
export function newPlan(changes: Partial<NewPlan> = {}): NewPlan {
  return {
    _id: new ObjectId(),
    request_id: 'r',
    framework: 'lmeh',
    task: 'own',
    address: 'a',
    service: 's',
    shards: 2,
    shard_size: 2,
    plan: encodePlan(planOf()),
    doc_ids: '0-3',
    ...changes,
  };
}
