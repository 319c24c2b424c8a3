import { describe, expect, test } from 'vitest';
import { FunctionRef } from '../../lib/catalogue/function-ref.ts';
import type { SplitRows } from '../../lib/processed/portions.ts';
import { inPortionsOrTogether, runFunctions } from '../../lib/processed/run.ts';
import { pack } from '../../lib/sandbox/protocol.ts';

const LONG = 'x'.repeat(1_000_000);
/** One split's answer as the runtime gives it. */
const SPLIT = { columns: ['n'], count: 1, origins: [0], differing: {}, values: { doc_to_text: [{ v: 'a' }] } };

/** Rows of one column; many enough to go out in portions where that is wanted. */
function rows(length: number, count = 1): SplitRows {
  return {
    columns: ['n'],
    types: ['string'],
    async *rows() {
      for (let i = 0; i < count; i++) {
        yield [
          new Map<string, bigint | string>([
            ['__id', BigInt(i)],
            ['n', 'y'.repeat(length)],
          ]),
        ];
      }
    },
  };
}

/** What comes of a box that answers so. */
async function said(answer: unknown, of = rows(10)): Promise<string> {
  const transport = { send: async () => ({ packed: pack(JSON.stringify(answer)) }), end: () => {} };
  const ref = (name: string) => new FunctionRef('own', 'utils', name);
  const toRun = {
    task: 'own_faked',
    functions: new Map([
      ['process_docs', ref('process_docs')],
      ['doc_to_text', ref('text')],
    ]),
    splits: [{ split: 'test', fields: ['doc_to_text'] }],
    samples: { docs: [], fields: [] },
    sources: new Map([['lm_eval/tasks/own/utils.py', '']]),
  };
  return await inPortionsOrTogether(async (together) => {
    const made = await Array.fromAsync(runFunctions(transport, toRun, () => of, together));
    return `${made.length} splits`;
  }).catch((error: unknown) => {
    expect(error).toMatchObject({ code: 'SandboxFailed', permanent: true });
    return String(error);
  });
}

describe('answers about splits that a task fakes', () => {
  test('are taken where they are whole', async () => {
    expect(await said({ splits: [SPLIT] })).toBe('1 splits');
  });

  test('are refused where they lack the values of a field, which no request could be made of later', async () => {
    expect(await said({ splits: [{ ...SPLIT, values: {} }] })).toContain('nothing of doc_to_text');
  });

  test.each<[string, unknown]>([
    ['of a module', { unloadable: { err: LONG, m: LONG }, function: LONG, number: 1 }],
    ['of a request', { failed: { err: LONG, m: LONG }, function: LONG, number: 7 }],
    ['of a split', { splits: [{ failed: { err: LONG, m: LONG }, trace: [LONG, LONG, LONG, LONG] }] }],
    ['of a name', { splits: [{ ...SPLIT, columns: [LONG] }] }],
  ])('give a failure %s few words', async (_, answer) => {
    const text = await said(answer);
    expect(text).toContain('own_faked');
    expect(text.length).toBeLessThan(1_500);
  });

  test('name the function by the number that stands for it, whatever name the answer gives', async () => {
    const unloadable = { unloadable: { err: 'E', m: 'm' }, function: 'other', number: 1 };
    expect(await said(unloadable)).toContain('function own/utils.text: ');
    expect(await said({ broken: 'memory', function: 'other', number: 0 })).toContain(
      'function own/utils.process_docs: ',
    );
  });

  test('say in few words why rows can only be looked at together', async () => {
    const together = { kept: LONG, looked: null, settled: [] };
    const text = await said({ splits: [{ ...SPLIT, together }] }, rows(1_000_000, 21));
    expect(text).toContain('looks at rows together');
    expect(text.length).toBeLessThan(1_500);
  });

  test('steer no terminal', async () => {
    const text = await said({ splits: [{ failed: { err: 'E', m: 'a\u001b[2J\u009b1m\u202eb\nc' } }] });
    expect(text).toContain('a\ufffd[2J\ufffd1m\ufffdb\nc');
  });
});
