import { describe, expect, it } from 'vitest';
import { parseMessage } from '../../lib/messages/parse.ts';
import { registerMessage } from '../../lib/messages/register.ts';
import { isLoadPart, loadPartMessage } from '../../lib/messages/register-queue.ts';

const LOAD = '0b0e7a52-59f4-4f0e-9a35-2f6c6a0d0001';

describe('parts of a load on the register queue', () => {
  it('are distinguished from register messages by their keys', () => {
    expect(isLoadPart(JSON.stringify({ load: LOAD, part: 3 }))).toBe(true);
    expect(isLoadPart(JSON.stringify({ framework: 'lmeh', tasks: 'a', load: LOAD }))).toBe(false);
    for (const body of ['{"framework":"lmeh","tasks":"a"}', '[]', '{', '"load"', '{}']) {
      expect(isLoadPart(body)).toBe(false);
    }
  });

  it('name a load and a part, and nothing else', () => {
    expect(parseMessage('part', loadPartMessage, `{"load":"${LOAD}","part":3}`)).toEqual({ load: LOAD, part: 3 });
    for (const body of [`{"load":"${LOAD}"}`, `{"load":"x","part":1}`, `{"load":"${LOAD}","part":-1}`]) {
      expect(() => parseMessage('part', loadPartMessage, body)).toThrow(/part/);
    }
    expect(() => parseMessage('part', loadPartMessage, `{"load":"${LOAD}","part":1,"sql":"x"}`)).toThrow(/"sql"/);
  });

  it('do not make register messages take more keys than before', () => {
    const body = JSON.stringify({ framework: 'lmeh', tasks: 'a', load: LOAD, part: 1 });
    expect(() => parseMessage('register', registerMessage, body)).toThrow(/unknown keys "load", "part"/);
  });
});
