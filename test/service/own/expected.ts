import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { EXPECTED } from './recorder.ts';

const caseSchema = z.looseObject({ tasks: z.string(), path: z.string().optional() });
const lineSchema = z.object({
  case: z.string(),
  doc_id: z.number(),
  idx: z.number(),
  request_type: z.string(),
  repeats: z.number(),
  ctxlen: z.number(),
  doc: z.string(),
  arguments: z.string(),
  data: z.string(),
});
const digestSchema = z.object({ digest: z.string(), value: z.string() });

/** A request over our own tasks: the message's keys, `path` apart. */
export type Case = z.infer<typeof caseSchema>;
/** An instance that the harness made, with what is sent for it; `doc` and `arguments` are JSON as Python prints it, without blanks. */
export type ExpectedInstance = z.infer<typeof lineSchema>;

/** All cases, by name. */
export function cases(): [string, Case][] {
  const text = readFileSync(join(import.meta.dirname, 'cases.json'), 'utf8');
  return Object.entries(z.record(z.string(), caseSchema).parse(JSON.parse(text)));
}

/** The harness's instances of a case, in the order of documents and choices. */
export function instancesOf(name: string): ExpectedInstance[] {
  return lines().flatMap((line) => {
    const parsed = lineSchema.safeParse(line);
    return parsed.success && parsed.data.case === name ? [parsed.data] : [];
  });
}

/** SHA-256 over what the harness makes of its own tasks and our rows, by task and path. */
export function digests(): [string, string][] {
  return lines().flatMap((line) => {
    const parsed = digestSchema.safeParse(line);
    return parsed.success ? [[parsed.data.digest, parsed.data.value]] : [];
  });
}

function lines(): unknown[] {
  return readFileSync(EXPECTED, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}
