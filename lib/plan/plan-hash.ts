import { hash } from 'node:crypto';
import { dumps } from '../python/json.ts';
import type { Plan } from './plan.ts';

/**
 * What a plan's prompts follow from, as a SHA-256 in hexadecimal digits: task and definition, version of the data set, settings and
 * documents. Two requests with the same hash ask the same prompts, byte for byte, whoever the supplier is, and whichever seed or
 * blacklist led to these documents. It is taken over texts that exist already, which takes microseconds.
 * @param encoded the plan, as `encodePlan` wrote it
 * @param docIds its documents, as `writeIdList` wrote them
 */
export function planHash(plan: Plan, encoded: string, docIds: string): string {
  const { requesterArgs, blacklist } = plan.asked;
  const args = dumps(requesterArgs, { ensureAscii: false, separators: [',', ':'] });
  const asked = encoded
    .replace(`"seed":${plan.seed},`, () => '')
    .replace(`"requesterArgs":${args},"blacklist":[${blacklist.join(',')}],`, () => '');
  return hash('sha256', `${asked}\n${docIds}`, 'hex');
}
