import * as z from 'zod';
import { PermanentError } from '../errors/errors.ts';
import type { Finding } from './finding.ts';

const known = z.array(z.looseObject({ key: z.string(), count: z.number() }));

/** What was found before, by key: for how many documents. */
export type Baseline = ReadonlyMap<string, number>;

/**
 * Reads what `--json` printed before.
 * @throws PermanentError Configuration where it is something else
 */
export function readBaseline(name: string, text: string): Baseline {
  let json: unknown;
  try {
    json = JSON.parse(text.replace(/^\ufeff/, ''));
  } catch {
    json = undefined;
  }
  const parsed = known.safeParse(json);
  if (!parsed.success) {
    const message = `${name} is no list of findings. Make one with: npx sampler audit TASK --json > ${name}`;
    throw new PermanentError('Configuration', message);
  }
  return new Map(parsed.data.map(({ key, count }) => [key, count]));
}

/** Those that are not in the baseline, or concern more documents than they did. */
export function newSince(baseline: Baseline, findings: readonly Finding[]): Finding[] {
  return findings.filter(({ key, count }) => count > (baseline.get(key) ?? -1));
}
