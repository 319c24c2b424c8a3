/**
 * The process of a box: Pyodide in a bare context of V8, without environment or rights. Reads frames from standard input,
 * hands their text to the runtime, writes frames to standard output. Bundled to `box.cjs` of the image, which lies beside it.
 *
 * A frame is a line of its kind and its length in bytes, then that many bytes of UTF-8.
 */

import { once } from 'node:events';
import { readSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { ask, type StartedContext, startContext } from './context-box.ts';
import { endQuickLoad, requireNoCodeFromText } from './quick-load.ts';

const IMAGE = dirname(process.argv[1] ?? '');
const [mode, ...wheels] = process.argv.slice(2);

void main();

async function main(): Promise<void> {
  try {
    const making = mode === 'make';
    const watcher = new Worker(join(IMAGE, 'watch.cjs'), { env: {} });
    watcher.unref();
    await once(watcher, 'message');
    endQuickLoad();
    const started = await startContext(IMAGE, { fromSnapshot: mode !== 'cold', wheels, makeCode: making });
    const { box } = started;
    box.arm();
    watcher.postMessage(box.beat());
    requireNoCodeFromText();
    writeFrame('ready', started.code);
    for (;;) {
      const request = readFrame();
      if (request === null) {
        if (making) giveCode(started);
        process.exit(0);
      }
      let answer: Buffer;
      try {
        answer = ask(box, request);
      } catch (error) {
        // Nothing that comes out of the context is trusted to be an error.
        const beat = new Int32Array(box.beat());
        writeFrame('broken', `${beat[0]} ${beat[3]} ${text(error)}`);
        process.exit(1);
      }
      writeFrame('answer', answer);
    }
  } catch (error) {
    writeFrame('broken', text(error));
    process.exit(1);
  }
}

/** For who makes the image: frames of what V8 has compiled by the time that all requests are answered. */
function giveCode({ compiled }: StartedContext): void {
  const { script, python } = compiled();
  writeFrame('script', script);
  writeFrame('python', python());
}

function text(error: unknown): string {
  try {
    return String(error).slice(0, 500);
  } catch {
    return 'an error that can not be told';
  }
}

function readFrame(): Buffer | null {
  const head = readLine();
  if (head === null) return null;
  const length = Number(head.split(' ')[1]);
  const bytes = Buffer.alloc(length);
  let at = 0;
  while (at < length) {
    const got = readSome(bytes, at, length - at);
    if (got === 0) return null;
    at += got;
  }
  return bytes;
}

function readLine(): string | null {
  const one = Buffer.alloc(1);
  let line = '';
  for (;;) {
    if (readSome(one, 0, 1) === 0) return null;
    const character = one.toString('latin1');
    if (character === '\n') return line;
    line += character;
  }
}

function readSome(bytes: Buffer, at: number, length: number): number {
  for (;;) {
    try {
      return readSync(0, bytes, at, length, null);
    } catch (error) {
      if (!isAgain(error)) throw error;
      pause();
    }
  }
}

function writeFrame(kind: string, body: string | Buffer): void {
  const bytes = Buffer.from(body);
  const all = Buffer.concat([Buffer.from(`${kind} ${bytes.length}\n`), bytes]);
  let at = 0;
  while (at < all.length) {
    try {
      at += writeSync(1, all, at);
    } catch (error) {
      if (!isAgain(error)) throw error;
      pause();
    }
  }
}

function isAgain(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EAGAIN';
}

/** Pipes may be without waiting; a moment later there is room, or something to read. */
function pause(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
}
