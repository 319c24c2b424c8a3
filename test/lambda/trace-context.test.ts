import { createRequire } from 'node:module';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import * as own from '../../lib/lambda/trace-context.ts';

/** What X-Ray's SDK calls of a namespace. */
interface Namespace {
  get(key: string): unknown;
  set(key: string, value: unknown): unknown;
  run(work: () => void): unknown;
  runAndReturn<Result>(work: () => Result): Result;
  enter(context: unknown): void;
  createContext(): unknown;
}
interface Cls {
  createNamespace(name: string): Namespace;
  getNamespace(name: string): Namespace | undefined;
  destroyNamespace(name: string): void;
}

const original: Cls = createRequire(import.meta.resolve('aws-xray-sdk-core'))('cls-hooked/context');
const ours: Cls = {
  ...own,
  createNamespace(name) {
    const made = own.createNamespace(name);
    return {
      get: (key) => made.get(key),
      set: (key, value) => made.set(key, value),
      run: (work) => made.run(work),
      runAndReturn: (work) => made.runAndReturn(work),
      enter: (context) => {
        if (context instanceof Map) made.enter(context);
      },
      createContext: () => made.createContext(),
    };
  },
  getNamespace: () => undefined,
};
const NAME = 'trace';

describe.each([
  ['cls-hooked', original],
  ['what the bundles have in its place', ours],
])('%s', (_, cls) => {
  afterEach(() => cls.destroyNamespace(NAME));

  it('keeps a value along a chain of calls, and for nobody else', async () => {
    const trace = cls.createNamespace(NAME);
    const seen = await trace.runAndReturn(async () => {
      trace.set('segment', 'a');
      await sleep(1);
      return trace.get('segment');
    });
    expect([seen, trace.get('segment')]).toEqual(['a', undefined]);
  });

  it('keeps chains apart that go on side by side', async () => {
    const trace = cls.createNamespace(NAME);
    const chain = (name: string) =>
      trace.runAndReturn(async () => {
        trace.set('segment', name);
        await sleep(1);
        return trace.get('segment');
      });
    expect(await Promise.all([chain('a'), chain('b')])).toEqual(['a', 'b']);
  });

  it('begins a chain within another with its values, and gives those back at the end', () => {
    const trace = cls.createNamespace(NAME);
    const seen: unknown[] = [];
    trace.run(() => {
      trace.set('segment', 'outer');
      trace.run(() => {
        seen.push(trace.get('segment'));
        trace.set('segment', 'inner');
      });
      seen.push(trace.get('segment'));
    });
    expect(seen).toEqual(['outer', 'outer']);
  });

  it('keeps what was entered for the calls that follow from there', async () => {
    const trace = cls.createNamespace(NAME);
    trace.enter(trace.createContext());
    trace.set('segment', 'facade');
    await sleep(1);
    expect(trace.get('segment')).toBe('facade');
  });

  it('refuses a value where there is no context', () => {
    const trace = cls.createNamespace(NAME);
    expect(() => trace.set('segment', 'a')).toThrow('No context available');
  });
});

it('finds a namespace by its name until it is destroyed', () => {
  const made = own.createNamespace(NAME);
  expect(own.getNamespace(NAME)).toBe(made);
  own.destroyNamespace(NAME);
  expect(own.getNamespace(NAME)).toBeUndefined();
});
