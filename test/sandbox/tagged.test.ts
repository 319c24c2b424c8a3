import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pyDuration } from '../../lib/python/duration.ts';
import { pyBytes, pyDate, pyDatetime, pyDecimal, pyTime } from '../../lib/python/opaque.ts';
import { repr } from '../../lib/python/repr.ts';
import { PyTuple, type PyValue } from '../../lib/python/value.ts';
import { openSandbox, type SandboxTransport } from '../../lib/sandbox/client.ts';
import { tagged, untagged } from '../../lib/sandbox/tagged.ts';
import { testSandbox } from '../helpers/sandbox.ts';

const VALUES: readonly (readonly [name: string, value: PyValue, type: string])[] = [
  ['a wall clock’s reading', pyDatetime(1_603_587_600_000_001n), 'datetime'],
  ['a moment with an offset', pyDatetime(0n, '+05:30'), 'datetime'],
  ['a moment west of Greenwich', pyDatetime(0n, '-08:00'), 'datetime'],
  ['a moment in UTC', pyDatetime(0n, '+00:00'), 'datetime'],
  ['a day', pyDate(-1), 'date'],
  ['a time of day', pyTime(1n), 'time'],
  ['a decimal', pyDecimal(-1250n, 2), 'Decimal'],
  ['bytes', pyBytes(Uint8Array.of(0, 39, 255)), 'bytes'],
  ['a duration', pyDuration(-1n, 'us'), 'timedelta'],
  ['a duration of days', pyDuration(90_061_000_001n, 'us'), 'timedelta'],
  ['a tuple', new PyTuple([pyDate(0)]), 'tuple'],
];

describe('values that JSON has no word for', () => {
  it.each(VALUES)('%s comes back as it went', (_, value) => {
    expect(untagged(tagged(value))).toEqual(value);
  });

  it('seconds and milliseconds come back as the same duration', () => {
    expect(untagged(tagged(pyDuration(-5n, 's')))).toEqual(pyDuration(-5_000_000n, 'us'));
  });

  it('a moment of a zone keeps its offset, as boxes have no tz database', () => {
    expect(untagged(tagged(pyDatetime(1_603_587_600_000_000n, 'Europe/Berlin')))).toEqual(
      pyDatetime(1_603_587_600_000_000n, '+01:00'),
    );
  });
});

describe('in a box', () => {
  let sandbox: SandboxTransport & Disposable;
  beforeAll(async () => {
    sandbox = await testSandbox();
  });
  afterAll(() => sandbox?.[Symbol.dispose]());

  it('they are what Python calls them, and come back as they went', async () => {
    const module = 'def same(x):\n    return type(x).__name__, repr(x), x\n';
    const session = openSandbox(sandbox, { task: 'made_up', files: new Map([['x/utils.py', module]]) });
    const calls = VALUES.map(([, value]) => ({ function: { path: 'x/utils.py', name: 'same' }, args: [value] }));
    const results = await session.call(calls);
    session.close();
    const expected = VALUES.map(([, value, type]) => {
      const shown = repr(value);
      return { value: new PyTuple([type, shown, value]) };
    });
    expect(results).toEqual(expected);
  });
});
