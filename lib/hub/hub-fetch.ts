import { setTimeout as sleep } from 'node:timers/promises';

/** Answers that another try may better: too many requests, and a server in trouble. */
const PASSING = new Set([408, 429, 500, 502, 503, 504]);
/** Longer than this is not waited for one request, whatever the hub asks for. */
const MAX_WAIT_MS = 60_000;

/** How stubborn requests are. */
export interface Patience {
  /** Tries in all. */
  readonly tries: number;
  /** Before the second try; twice as long before each one after it, unless the hub says how long. */
  readonly firstWaitMs: number;
}

/** About half a minute in all. */
export const PATIENCE: Patience = { tries: 6, firstWaitMs: 1000 };

/** `fetch`, tried again where the answer or the connection is one that may pass; the last answer stands. */
export function patientFetch({ tries, firstWaitMs }: Patience): typeof fetch {
  return async (input, init) => {
    for (let tried = 1; ; tried++) {
      const last = tried >= tries;
      const wait = firstWaitMs * 2 ** (tried - 1);
      try {
        const response = await fetch(input, init);
        if (last || !PASSING.has(response.status)) return response;
        await response.body?.cancel();
        await sleep(Math.min(MAX_WAIT_MS, retryAfter(response.headers.get('retry-after')) ?? wait));
      } catch (error) {
        if (last) throw error;
        await sleep(Math.min(MAX_WAIT_MS, wait));
      }
    }
  };
}

/** In milliseconds; the header holds seconds or a date. */
function retryAfter(header: string | null): number | undefined {
  if (header === null) return undefined;
  const ms = /^\d+$/.test(header.trim()) ? Number(header) * 1000 : Date.parse(header) - Date.now();
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined;
}
