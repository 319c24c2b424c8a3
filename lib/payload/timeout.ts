import { polyfit, polyval } from './polyfit.ts';

/** One service's latency promise (`timeouts.<service>` of the configuration). Times are in seconds. */
export interface TimeoutProfile {
  /** Time to first token: agreed times (`sla_time`) at prompt lengths in tokens (the key's spelling is the service's). */
  readonly ttft: { readonly prompt_lenght: readonly number[]; readonly sla_time: readonly number[] };
  /** Time per output token. */
  readonly tpot: number;
  /** Time a request may wait in line. */
  readonly queue: number;
}

/** Seconds where nothing is configured. */
const DEFAULT_TIMEOUT = 60;

/**
 * How long a Requester waits for an answer: seconds, from the prompt's and the answer's length in tokens (PAYLOAD-13).
 * The profile of the service holds, else `default`, else 60 s.
 */
export function timeoutFor(
  timeouts: Readonly<Record<string, TimeoutProfile>> | undefined,
  service: string,
): (ctxlen: number, decode: number) => number {
  const profile = ownProfile(timeouts, service) ?? ownProfile(timeouts, 'default');
  if (!profile) return () => DEFAULT_TIMEOUT;
  const curve = polyfit(profile.ttft.prompt_lenght, profile.ttft.sla_time, 2);
  return (ctxlen, decode) => Math.trunc(polyval(curve, ctxlen) + profile.tpot * decode + profile.queue);
}

/** Service names come from messages: only the configuration's own keys count, never what every object inherits. */
function ownProfile(
  timeouts: Readonly<Record<string, TimeoutProfile>> | undefined,
  name: string,
): TimeoutProfile | undefined {
  return timeouts && Object.hasOwn(timeouts, name) ? timeouts[name] : undefined;
}
