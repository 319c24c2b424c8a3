import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { toldOf } from '../../bin/cli/sandbox.ts';
import type { SandboxEvent } from '../../lib/sandbox/protocol.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const EVENT: SandboxEvent = { session: 's', wheels: [], callMs: 1, documentMs: 1, packed: '' };

it('a function that takes long is told of every five seconds, and no more once it has answered', async () => {
  const written: string[] = [];
  const spy = vi.spyOn(process.stderr, 'write').mockImplementation((text) => written.push(String(text)) > 0);
  const { promise, resolve } = Promise.withResolvers<{ packed: string }>();
  const reply = toldOf({ send: () => promise, end() {} }).send(EVENT);
  await vi.advanceTimersByTimeAsync(12_000);
  resolve({ packed: 'x' });
  expect(await reply).toEqual({ packed: 'x' });
  await vi.advanceTimersByTimeAsync(60_000);
  spy.mockRestore();
  expect(written).toEqual([
    expect.stringMatching(/^running Python functions \.\.\. \d+ s\n$/),
    expect.stringMatching(/^running Python functions \.\.\. \d+ s\n$/),
  ]);
});
