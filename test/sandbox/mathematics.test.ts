import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PyValue } from '../../lib/python/value.ts';
import { openSandbox, type SandboxTransport } from '../../lib/sandbox/client.ts';
import { deployedImage, readImage } from '../../lib/sandbox/image.ts';
import { LIBRARIES } from '../../lib/sandbox/wheels.ts';
import { testSandbox } from '../helpers/sandbox.ts';

const PATH = 'lm_eval/tasks/own/utils.py';
const MODULE = `
import signal
import time

from math_verify import LatexExtractionConfig, parse, verify
from sympy.parsing.latex import parse_latex


class Late(Exception):
    pass


def late(number, frame):
    raise Late()


def same(gold, answer):
    return int(verify(parse(gold, extraction_config=[LatexExtractionConfig()]), parse(answer)))


def difference(a, b):
    return str(parse_latex(a) - parse_latex(b))


def endless():
    signal.signal(signal.SIGALRM, late)
    signal.alarm(1)
    try:
        while True:
            pass
    except Late:
        return 'late'


def switched_off():
    signal.signal(signal.SIGALRM, late)
    signal.alarm(1)
    left = signal.alarm(0)
    end = time.monotonic() + 1.5
    while time.monotonic() < end:
        pass
    return left


def optional():
    from sympy.external import import_module
    import rouge_score
    return import_module('lark') is None
`;

let sandbox: SandboxTransport & Disposable;
beforeAll(async () => {
  sandbox = await testSandbox();
}, 300_000);
afterAll(() => sandbox[Symbol.dispose]());

it('names the wheels of the lock file', () => {
  const lock = readFileSync(join(import.meta.dirname, '..', '..', 'localstack', 'wheels', 'requirements.lock'), 'utf8');
  const locked = [...lock.matchAll(/^([\w-]+)==(\S+)/gm)].map(
    ([, name = '', version]) => `${name.replaceAll('-', '_')}-${version}-`,
  );
  const named = [...new Set([...LIBRARIES.values()].flat())].sort();
  expect(named.map((wheel) => wheel.replace(/(py2\.)?py3-none-any\.whl$/, ''))).toEqual(locked);
});

describe('mathematics in a box (skipped where .cache/wheels is empty: `npm start` fills it)', () => {
  it('judges answers by their value, and functions that set an alarm are interrupted by it', async (test) => {
    const wheels = readImage(deployedImage(join(import.meta.dirname, '..', '..')))?.wheels ?? [];
    if (wheels.length === 0) test.skip('there are no wheels here');
    const session = openSandbox(sandbox, { task: 'own', files: new Map([[PATH, MODULE]]), wheels, documentMs: 60_000 });
    const call = (name: string, ...args: PyValue[]) => ({ function: { path: PATH, name }, args });
    const results = await session.call([
      call('same', String.raw`So it is $\frac{1}{2}$.`, 'It is $0.5$'),
      call('same', String.raw`So it is $\frac{1}{2}$.`, 'It is $0.6$'),
      call('same', String.raw`$\boxed{x^2 - 1}$`, String.raw`$\boxed{(x-1)(x+1)}$`),
      call('same', 'no mathematics', '5'),
      call('difference', String.raw`\frac{3}{4}`, String.raw`\frac{3}{4}`),
      call('endless'),
      call('switched_off'),
      call('optional'),
    ]);
    expect(results).toEqual([1n, 0n, 1n, 0n, expect.any(String), 'late', 1n, true].map((value) => ({ value })));
    session.close();
  }, 120_000);
});
