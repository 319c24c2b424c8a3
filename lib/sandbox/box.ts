import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import type { BoxImage } from './image.ts';

/** How long a box may take. */
export interface Deadlines {
  /** For one request as a whole, in milliseconds. */
  readonly callMs: number;
  /** For one document of it, in milliseconds. */
  readonly documentMs: number;
}

/** Why a box is no more: what it was told to do took too long, or it ended itself. */
export type BoxEnd =
  | 'document over time'
  | 'call over time'
  | 'out of memory'
  | 'ended'
  | 'answer too long'
  | 'would not start';

/** Where the work of a box is, as far as that is known. */
export interface BoxPlace {
  /** Number of the document in work. */
  readonly document: number | null;
  /** Number of the function in work, among those of the request. */
  readonly function: number | null;
}

const NOWHERE: BoxPlace = { document: null, function: null };

/** A box that ended in the middle of a request. */
export class BoxError extends Error {
  override readonly name = 'BoxError';
  readonly end: BoxEnd;
  readonly place: BoxPlace;
  constructor(end: BoxEnd, detail: string, place = NOWHERE) {
    super(`the box ${end}${detail === '' ? '' : `: ${detail}`}`);
    this.end = end;
    this.place = place;
  }
}

/** Time for a box to be ready, on a machine with other things to do. */
const START_MS = 60_000;
/** Longer answers are not read. Bytes. */
const MAX_ANSWER = 256 * 1024 * 1024;
/** Memory for JavaScript's own objects in a box, in MB; Python's is limited in the image. */
const HEAP_MB = 320;
/** Half of the young generation, to begin with, in MB. */
const YOUNG_MB = 16;
/** What is kept of what a box writes to standard error. */
const MAX_STDERR = 2000;

/**
 * Arguments of Node for a box's process.
 * @param mode `snapshot`: start from it; `cold`: without; `make`: from it, and at the end of requests give what V8 compiled, for the image
 */
export function boxArguments(
  folder: string,
  mode: 'snapshot' | 'cold' | 'make',
  wheels: readonly string[] = [],
): string[] {
  return [
    '--permission',
    `--allow-fs-read=${folder}`,
    '--allow-worker',
    '--disallow-code-generation-from-strings',
    '--disable-proto=throw',
    '--no-warnings',
    `--max-old-space-size=${HEAP_MB}`,
    // A start makes more objects than V8's first young generation holds.
    `--min-semi-space-size=${YOUNG_MB}`,
    join(folder, 'box.cjs'),
    mode,
    ...wheels,
  ];
}

/**
 * A process that runs Python and has nothing else: no environment, no files but the image's, no rights, and in it a context of
 * V8 without anything of Node (docs/sandbox.md). Takes one request at a time. Whatever goes wrong ends it.
 */
export class Box {
  readonly #child: ChildProcess;
  readonly #frames: Frames;
  #place = NOWHERE;
  #full = false;
  #code = '';
  #onProgress: () => void = () => {};
  #stderr = '';

  private constructor(image: BoxImage, wheels: readonly string[]) {
    this.#child = spawn(process.execPath, boxArguments(image.folder, image.snapshot ? 'snapshot' : 'cold', wheels), {
      env: {},
      cwd: image.folder,
      stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
    });
    const [, stdout, stderr, progress] = this.#child.stdio;
    this.#frames = new Frames(stdout as Readable, MAX_ANSWER);
    (this.#child.stdin as Writable).on('error', () => {});
    (stderr as Readable).on('data', (chunk: Buffer) => {
      this.#stderr = (this.#stderr + chunk.toString()).slice(-MAX_STDERR);
    });
    (progress as Readable).on('data', (chunk: Buffer) => this.#heard(chunk.toString()));
    this.#child.on('error', (error) => this.#frames.end(error.message));
    this.#child.on('close', (code, signal) => this.#frames.end(`exit ${code ?? signal}`));
  }

  /** Starts a box, cold where it does not start from the snapshot. @throws BoxError where it does not start at all. */
  static async start(image: BoxImage, wheels: readonly string[] = []): Promise<Box> {
    try {
      return await Box.#startOnce(image, wheels);
    } catch (error) {
      if (!image.snapshot) throw error;
      return await Box.#startOnce({ ...image, snapshot: false }, wheels);
    }
  }

  static async #startOnce(image: BoxImage, wheels: readonly string[]): Promise<Box> {
    const box = new Box(image, wheels);
    const timer = setTimeout(() => box.kill(), START_MS);
    const frame = await box.#frames.next();
    clearTimeout(timer);
    if (frame.kind === 'ready') {
      box.#code = frame.body;
      return box;
    }
    box.kill();
    throw new BoxError('would not start', `${frame.body} ${box.#stderr}`.trim());
  }

  /** Whether the process is there to be asked. */
  get alive(): boolean {
    return !this.#child.killed && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Whether V8's code of Python was `taken` from the image, or why it was not (`lib/sandbox/child/python-code.ts`). */
  get code(): string {
    return this.#code;
  }

  /** The process's number; for tests and measurements. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  /**
   * Hands a request to the box and waits for its answer.
   * @throws BoxError where the box ended over it; it is gone then
   */
  async ask(request: string, { callMs, documentMs }: Deadlines): Promise<string> {
    this.#place = NOWHERE;
    let end: BoxEnd = 'ended';
    const over = (why: BoxEnd) => () => {
      end = why;
      this.kill();
    };
    const callTimer = setTimeout(over('call over time'), callMs);
    let documentTimer = setTimeout(over('document over time'), documentMs);
    this.#onProgress = () => {
      clearTimeout(documentTimer);
      documentTimer = setTimeout(over('document over time'), documentMs);
    };
    try {
      const bytes = Buffer.from(request);
      this.#child.stdin?.write(`ask ${bytes.length}\n`);
      this.#child.stdin?.write(bytes);
      const frame = await this.#frames.next();
      // One that comes once its time is over is none: the box was told to end.
      if (frame.kind === 'answer' && end === 'ended') return frame.body;
      this.kill();
      if (frame.kind === 'too long') end = 'answer too long';
      if (this.#full) end = 'out of memory';
      // The numbers of the document and of the function in work stand first.
      if (frame.kind === 'broken') this.#heard(frame.body.split(' ', 2).join(' '));
      throw new BoxError(end, end === 'ended' ? `${frame.body} ${this.#stderr}`.trim() : '', this.#place);
    } finally {
      clearTimeout(callTimer);
      clearTimeout(documentTimer);
      this.#onProgress = () => {};
    }
  }

  /** Ends the process at once, whatever it does. */
  kill(): void {
    this.#child.kill('SIGKILL');
  }

  #heard(lines: string): void {
    const last = lines.trimEnd().split('\n').at(-1) ?? '';
    this.#full ||= last === 'memory';
    const [document = null, named = null] = last.split(' ').map((text) => (/^\d+$/.test(text) ? Number(text) : null));
    if (!this.#full) this.#place = { document, function: named };
    this.#onProgress();
  }
}

interface Frame {
  readonly kind: string;
  readonly body: string;
}

/** Reads frames from a stream: a line of kind and length, then that many bytes. What is no frame ends the reading. */
class Frames {
  readonly #limit: number;
  #chunks: Buffer[] = [];
  #size = 0;
  #wanted: { kind: string; length: number } | undefined;
  #ended: string | undefined;
  #waiting: ((frame: Frame) => void) | undefined;
  #ready: Frame[] = [];

  constructor(stream: Readable, limit: number) {
    this.#limit = limit;
    stream.on('data', (chunk: Buffer) => {
      if (this.#ended !== undefined) return;
      this.#chunks.push(chunk);
      this.#size += chunk.length;
      this.#advance();
    });
  }

  next(): Promise<Frame> {
    const frame = this.#ready.shift();
    if (frame) return Promise.resolve(frame);
    if (this.#ended !== undefined) return Promise.resolve({ kind: 'end', body: this.#ended });
    return new Promise((resolve) => {
      this.#waiting = resolve;
    });
  }

  end(why: string): void {
    this.#ended ??= why;
    this.#deliver({ kind: 'end', body: this.#ended });
  }

  #advance(): void {
    for (;;) {
      if (this.#wanted === undefined) {
        const all = this.#joined();
        const end = all.indexOf(0x0a);
        if (end < 0) {
          if (all.length > 100) this.end('no frame');
          return;
        }
        const [kind = '', length = ''] = all.subarray(0, end).toString('latin1').split(' ');
        if (!/^\d{1,12}$/.test(length)) {
          this.end('no frame');
          return;
        }
        this.#wanted = { kind, length: Number(length) };
        this.#chunks = [all.subarray(end + 1)];
        this.#size -= end + 1;
      }
      const { kind, length } = this.#wanted;
      if (length > this.#limit) {
        this.#deliver({ kind: 'too long', body: '' });
        this.end('the answer is too long');
        return;
      }
      if (this.#size < length) return;
      const all = this.#joined();
      this.#wanted = undefined;
      this.#chunks = [all.subarray(length)];
      this.#size -= length;
      this.#deliver({ kind, body: all.subarray(0, length).toString() });
    }
  }

  #joined(): Buffer {
    const [only] = this.#chunks;
    const all = this.#chunks.length === 1 && only ? only : Buffer.concat(this.#chunks);
    this.#chunks = [all];
    return all;
  }

  #deliver(frame: Frame): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting) waiting(frame);
    else if (frame.kind !== 'end') this.#ready.push(frame);
  }
}
