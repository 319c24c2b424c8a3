import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SamplerError } from '../../lib/errors/errors.ts';
import { PyTuple, type PyValue } from '../../lib/python/value.ts';
import { openSandbox, type SandboxSession, type SandboxTransport } from '../../lib/sandbox/client.ts';
import { testSandbox } from '../helpers/sandbox.ts';

const MODULE = `
calls = 0
def echo(*args, **kwargs):
    return args, kwargs
def count():
    global calls
    calls += 1
    return calls
def fail(x):
    raise ValueError('not ' + x)
def forever(x):
    while True: pass
def huge():
    return 'x' * 10 ** 9
`;

describe('a session of the sandbox', () => {
  let sandbox: SandboxTransport & Disposable;
  let session: SandboxSession;

  beforeAll(async () => {
    sandbox = await testSandbox();
  });
  afterAll(() => sandbox?.[Symbol.dispose]());

  const open = (documentMs = 20_000) =>
    openSandbox(sandbox, { task: 'made_up', files: new Map([['x/utils.py', MODULE]]), documentMs });
  const call = (name: string, ...args: PyValue[]) => ({ function: { path: 'x/utils.py', name }, args });

  it('carries every kind of value both ways', async () => {
    session = open();
    const values: PyValue[] = [null, true, 1n, 2n ** 70n, 1, 0.1, -0, 'é😀\ud800', [1n, [2]], new PyTuple([1n, 'a'])];
    const dict = new Map<PyValue, PyValue>([
      [1n, 'x'],
      ['$tuple', [1n]],
    ]);
    const [result] = await session.call([{ ...call('echo', ...values, dict), kwargs: new Map([['k', 1]]) }]);
    expect(result).toEqual({ value: new PyTuple([new PyTuple([...values, dict]), new Map([['k', 1]])]) });
    session.close();
  });

  it('keeps a module loaded between the calls of a session, and tells exceptions as results', async () => {
    session = open();
    const results = await session.call([call('count'), call('fail', 'x'), call('count')]);
    expect(results).toEqual([{ value: 1n }, { error: 'ValueError', message: 'not x' }, { value: 2n }]);
    session.close();
  });

  it('shares nothing with another session', async () => {
    const [one, two] = [open(), open()];
    await one.call([call('count')]);
    expect(await two.call([call('count')])).toEqual([{ value: 1n }]);
    one.close();
    two.close();
  });

  it('refuses for good what runs over time, naming task, function and document, and goes on in a fresh box', async () => {
    session = open(1_500);
    const error = await failureOf(session.call([call('count'), call('forever', 1n)]));
    expect(error).toMatchObject({ code: 'SandboxFailed', permanent: true });
    expect(error.message).toBe(
      'Task made_up, function x/utils.forever, document 1: the Python code took longer than the 1.5 s that a document may take.',
    );
    expect(await session.call([call('count')])).toEqual([{ value: 1n }]);
    session.close();
  });

  it('refuses for good what asks for too much memory, and goes on in a fresh box', async () => {
    session = open();
    const error = await failureOf(session.call([call('huge')]));
    expect(error.message).toBe(
      'Task made_up, function x/utils.huge, document 0: the Python code asks for more memory than a box has.',
    );
    expect(await session.call([call('count')])).toEqual([{ value: 1n }]);
    session.close();
  });
});

async function failureOf(work: Promise<unknown>): Promise<SamplerError> {
  const error = await work.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (error instanceof SamplerError) return error;
  throw new Error(`no explained failure: ${String(error)}`);
}
