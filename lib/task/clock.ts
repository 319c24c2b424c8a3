import { PermanentError } from '../errors/errors.ts';
import { Fault, limitFault } from '../jinja/fault.ts';
import type { Clock } from '../jinja/limits.ts';

/** Milliseconds that rendering one document may take; honest ones take about one. */
export const DOCUMENT_MS = 1_000;
/** All documents of a shard together may take this part of it each, and at least so many times as much as one. */
const SHARE_OF_EACH = 0.02;
const LEAST_DOCUMENTS = 5;
/** A process that got less of a processor than this share did not take the time itself; it may take so many times longer. */
const LEAST_SHARE = 0.25;
const MOST_WAITING = 10;
const TOGETHER = 'the documents of its shard take too long to render together';
/** From this part of its time on a document is watched more closely. */
const MARK_AT = 0.25;

/**
 * The time that rendering may take: each document, and all of a shard. What runs over is refused for good, so that nobody
 * waits for a hostile template. Measured by the wall, but time in which the machine had no processor for us is not the
 * document's fault.
 */
export class RenderClock implements Clock {
  readonly #documentMs: number;
  #left: number;
  #allowed = Number.POSITIVE_INFINITY;
  #started = 0;
  /** When a part of the time was over: milliseconds since the start, and the processor time used by then. */
  #mark: { readonly elapsed: number; readonly cpu: number } | null = null;

  /** @param documents how many there are in the shard */
  constructor(documents = 1, documentMs = DOCUMENT_MS) {
    this.#documentMs = documentMs;
    this.#left = documentMs * Math.max(LEAST_DOCUMENTS, documents * SHARE_OF_EACH);
  }

  /**
   * Renders one document, or makes ready to.
   * @param what names it in errors
   * @throws PermanentError TemplateFailed where it takes too long, or those before it did
   */
  run<T>(what: string, work: () => T): T {
    try {
      return this.#timed(work);
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      throw new PermanentError('TemplateFailed', `${what}: ${error.message}`, { cause: error });
    }
  }

  #timed<T>(work: () => T): T {
    if (this.#left <= 0) throw limitFault(TOGETHER);
    this.#allowed = Math.min(this.#documentMs, this.#left);
    this.#started = performance.now();
    this.#mark = null;
    try {
      const result = work();
      this.look();
      return result;
    } finally {
      this.#left -= this.#taken();
      this.#allowed = Number.POSITIVE_INFINITY;
    }
  }

  /** @throws Fault `limit` where time is up */
  look(): void {
    const elapsed = this.#elapsed();
    // Asking for processor time costs more than rendering short documents does, so that only long ones are asked about.
    if (elapsed < this.#allowed * MARK_AT) return;
    // A long pause before the first look may be the machine's: what is counted of it leaves time to find out.
    this.#mark ??= { elapsed: Math.min(elapsed, this.#allowed / 2), cpu: cpuMs() };
    if (this.#taken() < this.#allowed && elapsed < MOST_WAITING * this.#allowed) return;
    // What little the others left tells nothing about this one.
    throw limitFault(this.#left < this.#documentMs ? TOGETHER : `rendering takes more than ${this.#documentMs} ms`);
  }

  left(): number {
    return this.#allowed - this.#elapsed();
  }

  /** Milliseconds that the work took, without those in which it had no processor. */
  #taken(): number {
    const elapsed = this.#elapsed();
    if (this.#mark === null) return elapsed;
    return Math.min(elapsed, this.#mark.elapsed + (cpuMs() - this.#mark.cpu) / LEAST_SHARE);
  }

  #elapsed(): number {
    return performance.now() - this.#started;
  }
}

/** Milliseconds of processor time that the process used. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
