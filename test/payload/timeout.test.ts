import { expect, it } from 'vitest';
import { type TimeoutProfile, timeoutFor } from '../../lib/payload/timeout.ts';

const PROFILE: TimeoutProfile = {
  ttft: { prompt_lenght: [0, 8192, 32768], sla_time: [0, 2, 10] },
  tpot: 1,
  queue: 180,
};

/** The same time whatever the lengths, plus the line. */
function constant(queue: number): TimeoutProfile {
  return { ttft: { prompt_lenght: [0, 1, 2], sla_time: [0, 0, 0] }, tpot: 0, queue };
}

it.each([
  [96, 2048, 2228],
  [405, 1024, 1204],
  [20000, 1024, 1209],
])(
  'a prompt of %i tokens and an answer of %i give the seconds recorded from the Python service',
  (ctxlen, decode, seconds) => {
    expect(timeoutFor({ default: PROFILE }, 'any')(ctxlen, decode)).toBe(seconds);
  },
);

it('nothing configured gives 60 seconds', () => {
  expect(timeoutFor(undefined, 's')(1e6, 1e6)).toBe(60);
  expect(timeoutFor({ other: PROFILE }, 's')(0, 0)).toBe(60);
});

it('the profile of the service comes before the default one', () => {
  const timeouts = { s: constant(5.9), default: constant(7.9) };
  expect([timeoutFor(timeouts, 's')(9, 9), timeoutFor(timeouts, 't')(9, 9)]).toEqual([5, 7]);
});

it.each(['constructor', '__proto__', 'toString'])('a service called %s has no profile by inheritance', (service) => {
  expect(timeoutFor({ default: constant(9) }, service)(0, 0)).toBe(9);
});

it('PAYLOAD-13: seconds are cut off toward zero, never rounded', () => {
  expect([0.99, 1.5, 2.5, -0.5].map((queue) => timeoutFor({ default: constant(queue) }, 's')(0, 0))).toEqual([
    0, 1, 2, -0,
  ]);
});
