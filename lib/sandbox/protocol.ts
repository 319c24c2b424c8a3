import { gunzipSync, gzipSync } from 'node:zlib';
import * as z from 'zod';

/** Of the Python runtime (lib/sandbox/python): what it made of documents is made anew where this has changed. */
export const RUNTIME_VERSION = '22ed24b572b8';

/** What the function `sandbox` is invoked with. */
export const sandboxEvent = z.object({
  /** Requests of one session share a box while it lives; no two sessions ever do. */
  session: z.string().min(1).max(200),
  /** Names of wheels of the image that the session's modules import. */
  wheels: z.array(z.string()).max(20),
  callMs: z.number().int().positive(),
  documentMs: z.number().int().positive(),
  /** Base-64 of gzip of JSON: an array of two texts, the files of the session as an object of texts, and the request. */
  packed: z.string(),
});

/** One event of the function `sandbox`. */
export type SandboxEvent = z.output<typeof sandboxEvent>;

/** Where a box was started for the event: whether it took V8's code of Python from its image, or why not (`Box.code`). */
const started = { code: z.string().max(100).optional() };

/** What it answers: the runtime's answer, packed, or how the box ended over it. */
export const sandboxReply = z.union([
  z.object({ packed: z.string(), ...started }),
  z.object({
    ...started,
    end: z.enum([
      'document over time',
      'call over time',
      'out of memory',
      'ended',
      'answer too long',
      'would not start',
    ]),
    document: z.number().int().nullable(),
    /** Number of the function in work, among those of the request. */
    function: z.number().int().nullable().default(null),
    detail: z.string(),
  }),
]);

/** One answer of the function `sandbox`. */
export type SandboxReply = z.output<typeof sandboxReply>;

/** Lambda refuses payloads above 6 MB, either way. Characters of base-64; the rest of an event is small. */
export const MAX_PACKED = 5_800_000;
/** What is unpacked is no longer than this: a small text can stand for a huge one. Bytes. */
const MAX_UNPACKED = 256 * 1024 * 1024;

/** A text, as it travels. */
export function pack(text: string): string {
  return gzipSync(text, { level: 1 }).toString('base64');
}

/** Reads what {@link pack} made. @throws Error where it is damaged or too long. */
export function unpack(packed: string): string {
  return gunzipSync(Buffer.from(packed, 'base64'), { maxOutputLength: MAX_UNPACKED }).toString();
}
