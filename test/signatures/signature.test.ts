import { afterAll, describe, expect, it } from 'vitest';
import { signatureOf, signatureTask, WORDS } from '../../lib/signatures/signature.ts';
import { hasPython, Python } from '../helpers/python.ts';

describe('tokenizer and config are asked for by a GET without a body', () => {
  it.each([
    ['tokenizer', '/pokt/tokenizer', 300],
    ['config', '/pokt/config', 60],
  ] as const)('%s', (task, path, timeout) => {
    expect(signatureOf(task, 5n)).toEqual({ method: 'GET', path, prompts: [{ data: '', timeout }] });
  });
});

describe('identity', () => {
  // Drawn from this list by Python 3.11's random.seed(42) and random.choices.
  it('asks five times for a completion of ten words, as Python draws them', () => {
    const { method, path, prompts } = signatureOf('identity', 42n);
    expect([method, path]).toEqual(['POST', '/v1/completions']);
    expect(prompts.map(({ timeout }) => timeout)).toEqual([60, 60, 60, 60, 60]);
    expect(prompts[0]?.data).toBe(
      '{"model": "pocket_network", "prompt": "orbit arrow dolphin corner puzzle paper timber border harvest arrow ", ' +
        '"max_tokens": 100, "seed": 0, "temperature": 0.0}',
    );
    expect(prompts[4]?.data).toBe(
      '{"model": "pocket_network", "prompt": "pillow barley cotton eagle blanket cotton bridge dolphin olive garden ", ' +
        '"max_tokens": 100, "seed": 4, "temperature": 0.0}',
    );
  });

  it('is the same for all suppliers of a run, and another in another run', () => {
    expect(signatureOf('identity', 7n)).toEqual(signatureOf('identity', 7n));
    expect(signatureOf('identity', 7n)).not.toEqual(signatureOf('identity', 8n));
  });

  it('the words are plain, and none stands twice', () => {
    expect(new Set(WORDS).size).toBe(WORDS.length);
    expect(WORDS.every((word) => /^[a-z]+$/.test(word))).toBe(true);
  });

  describe.skipIf(!hasPython)('compared with Python', () => {
    const python = new Python(`
import random
def bodies(words, seed):
    random.seed(seed)
    return [json.dumps({"model": "pocket_network", "prompt": " ".join(random.choices(words, k=10)) + " ", "max_tokens": 100, "seed": n, "temperature": 0.0}) for n in range(5)]
`);
    afterAll(() => python.close());

    it('whatever the seed', async () => {
      const seeds = [0n, 1n, -1n, 1234n, 2n ** 31n, 2n ** 63n - 1n, -(2n ** 63n)];
      const bodies = await python.values(
        'bodies',
        seeds.map((seed) => [[...WORDS], seed]),
      );
      expect(seeds.map((seed) => signatureOf('identity', seed).prompts.map(({ data }) => data))).toEqual(bodies);
    });
  });
});

it('there are three of them', () => {
  expect(['tokenizer', 'config', 'identity', 'model', ''].map(signatureTask)).toEqual([
    'tokenizer',
    'config',
    'identity',
    undefined,
    undefined,
  ]);
});
