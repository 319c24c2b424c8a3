import { Box, type BoxEnd, BoxError, type Deadlines } from './box.ts';
import type { BoxImage } from './image.ts';
import { MAX_PACKED, pack, type SandboxEvent, type SandboxReply, unpack } from './protocol.ts';

interface Kept {
  readonly session: string;
  readonly box: Box;
  busy: boolean;
  /** Whether it has answered a request of its session before the one in work. */
  used: boolean;
}

/** How requests begin that go over the documents of splits. */
const PROCESS = '{"op": "process"';
/** Ends that one document can bring about. */
const OF_A_DOCUMENT: ReadonlySet<BoxEnd> = new Set(['document over time', 'out of memory', 'ended']);
/** Time that mounting a session's files and loading its wheels may take. */
const OPEN_MS = 60_000;
/**
 * Time for an event with all its attempts, in milliseconds: an answer has to leave before the function's own time is over (300 s in
 * serverless.yml), as one that got none is made again, to no end.
 */
const EVENT_MS = 270_000;

/**
 * Answers events with boxes: each session has a box of its own, started when needed and kept for the session's next request, as
 * long as it is one of the last used. Whatever runs over ends its box; the session's next request gets a fresh one.
 */
export class BoxKeeper {
  readonly #image: BoxImage;
  readonly #maxKept: number;
  readonly #eventMs: number;
  #kept: Kept[] = [];

  /** @param maxKept boxes kept between events, about 250 MB each */
  constructor(image: BoxImage, maxKept: number, eventMs = EVENT_MS) {
    this.#image = image;
    this.#maxKept = maxKept;
    this.#eventMs = eventMs;
  }

  /** Answers one event. Never throws for what a task's functions do. @throws Error for an event that is none. */
  async answer(event: SandboxEvent): Promise<SandboxReply> {
    const [files, request] = parts(unpack(event.packed));
    const until = Date.now() + this.#eventMs;
    const reply = await this.#answerOnce(event, files, request, until);
    // Where no document was in work there is none to name.
    if (!('end' in reply) || !OF_A_DOCUMENT.has(reply.end) || reply.document === null || !request.startsWith(PROCESS))
      return reply;
    // The box told of one document in some: which one it was, and whether it was one at all, shows when it tells of each.
    return await this.#answerOnce(event, files, `{"exact": true, ${request.slice(1)}`, until);
  }

  async #answerOnce(event: SandboxEvent, files: string, request: string, until: number): Promise<SandboxReply> {
    let kept: Kept | undefined;
    let code: string | undefined;
    try {
      kept = this.#take(event.session);
      if (kept === undefined) {
        kept = await this.#open(event, files);
        code = kept.box.code;
      }
      const callMs = Math.min(event.callMs, until - Date.now());
      if (callMs <= 0) throw new BoxError('call over time', 'no time is left for it');
      const answer = await kept.box.ask(request, { ...event, callMs });
      // A box whose Python ran out of memory has no memory for the next request either.
      const spent = answer.startsWith('{"broken"');
      if (spent && kept.used) return await this.#afresh(kept, event, files, request, until);
      this.#giveBack(kept, spent);
      const packed = pack(answer);
      if (packed.length > MAX_PACKED)
        return { end: 'answer too long', document: null, function: null, detail: '', code };
      return { packed, code };
    } catch (error) {
      if (kept !== undefined) this.#forget(kept);
      if (!(error instanceof BoxError)) throw error;
      if (error.end === 'ended' && kept?.used) return await this.#afresh(kept, event, files, request, until);
      return { end: error.end, ...error.place, detail: error.message.slice(0, 500), code };
    }
  }

  /** Once more in a box of its own: what earlier requests left in the last one may be why it ended. */
  #afresh(kept: Kept, event: SandboxEvent, files: string, request: string, until: number): Promise<SandboxReply> {
    this.#forget(kept);
    return this.#answerOnce(event, files, request, until);
  }

  /** Ends the session's box. */
  close(session: string): void {
    for (const kept of this.#kept.filter((kept) => kept.session === session && !kept.busy)) this.#forget(kept);
  }

  /** Ends all boxes. */
  dispose(): void {
    for (const { box } of this.#kept) box.kill();
    this.#kept = [];
  }

  #take(session: string): Kept | undefined {
    for (const gone of this.#kept.filter(({ box, busy }) => !busy && !box.alive)) this.#forget(gone);
    const kept = this.#kept.find((kept) => kept.session === session && !kept.busy);
    if (kept) kept.busy = true;
    return kept;
  }

  async #open(event: SandboxEvent, files: string): Promise<Kept> {
    const unknown = event.wheels.filter((wheel) => !this.#image.wheels.includes(wheel));
    if (unknown.length > 0) throw new BoxError('would not start', `there is no wheel ${unknown.join(', ')}`);
    this.#makeRoom();
    const box = await Box.start(this.#image, event.wheels);
    const kept = { session: event.session, box, busy: true, used: false };
    this.#kept.push(kept);
    try {
      const deadlines: Deadlines = { callMs: OPEN_MS, documentMs: OPEN_MS };
      await box.ask(`{"op":"open","wheels":${JSON.stringify(event.wheels)},"files":${files}}`, deadlines);
      return kept;
    } catch (error) {
      this.#forget(kept);
      throw error;
    }
  }

  #makeRoom(): void {
    const idle = this.#kept.filter(({ busy }) => !busy);
    for (const kept of idle.slice(0, Math.max(0, idle.length - this.#maxKept + 1))) this.#forget(kept);
  }

  #giveBack(kept: Kept, spent: boolean): void {
    kept.busy = false;
    kept.used = true;
    this.#kept = [...this.#kept.filter((other) => other !== kept), kept];
    if (spent) this.#forget(kept);
  }

  #forget(kept: Kept): void {
    kept.box.kill();
    this.#kept = this.#kept.filter((other) => other !== kept);
  }
}

/** Files and request of an event, both still text. */
function parts(text: string): [files: string, request: string] {
  const both: unknown = JSON.parse(text);
  if (!Array.isArray(both)) throw new Error('an event of the sandbox holds no pair of texts');
  const [files, request]: unknown[] = both;
  if (typeof files !== 'string' || typeof request !== 'string')
    throw new Error('an event of the sandbox holds no pair of texts');
  return [files, request];
}
