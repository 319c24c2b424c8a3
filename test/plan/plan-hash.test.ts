import { describe, expect, it } from 'vitest';
import { encodePlan, type Plan } from '../../lib/plan/plan.ts';
import { planHash } from '../../lib/plan/plan-hash.ts';
import type { PyValue } from '../../lib/python/value.ts';
import { messageOf, planOf } from '../ledger/own-plan.ts';

function hashOf(plan: Plan, docIds = '0-3'): string {
  return planHash(plan, encodePlan(plan), docIds);
}

const OTHER_SUPPLIER = new Map<PyValue, PyValue>([
  ['address', 'another "$&" one'],
  ['service', 't'],
]);

describe('the hash of a plan', () => {
  it.each<[string, Plan]>([
    ['the supplier', planOf({}, { requesterArgs: OTHER_SUPPLIER })],
    ['the blacklist that led to the documents', planOf({}, { blacklist: [] })],
    ['the seed that did', planOf({ seed: -5n })],
  ])('is the same whatever %s', (_, plan) => {
    expect(hashOf(plan)).toBe(hashOf(planOf()));
  });

  it('is another one for each thing that a prompt depends on', () => {
    const { entry } = planOf();
    const changed = [
      hashOf(planOf()),
      hashOf(planOf(), '0-4'),
      hashOf(planOf({ shotsInEffect: 3 })),
      hashOf(planOf({ randomSeed: 1n })),
      hashOf(planOf({ tableVersion: 'v' })),
      hashOf(planOf({ evalSplit: 'validation' })),
      hashOf(planOf({ entry: { ...entry, config: new Map([...entry.config, ['doc_to_text', 'r']]) } })),
      hashOf(planOf({}, { systemInstruction: '' })),
      hashOf(planOf({}, { applyChatTemplate: false })),
      hashOf(planOf({}, { llmArgs: new Map<PyValue, PyValue>([['model', 'm']]) })),
    ];
    expect(new Set(changed).size).toBe(changed.length);
    for (const digits of changed) expect(digits).toMatch(/^[0-9a-f]{64}$/);
  });

  it('leaves out the request alone: settings that say the same of other things count', () => {
    const llmArgs = new Map<PyValue, PyValue>([['requesterArgs', messageOf().requesterArgs]]);
    expect(hashOf(planOf({}, { llmArgs }))).not.toBe(hashOf(planOf({}, { llmArgs: new Map() })));
  });
});
